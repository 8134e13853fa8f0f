"""Play nodes to practise on: reached over SSH like any other, gone without a trace."""
