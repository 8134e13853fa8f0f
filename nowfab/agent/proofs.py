"""Say whether the answer to a question proves what it was asked for."""


def against_proof(proof: dict, said: dict) -> str:
    """Say how an answer differs from what a proof wants, "" for not at all."""
    if "cannot" in said:
        return str(said["cannot"])
    for name, value in sorted(proof.get("want", {}).items()):
        if said.get(name) != value:
            return "`%s` is %s, not %s" % (name, said.get(name), value)
    return ""


def name_of(proof: dict, number: int) -> str:
    """Name a proof for people."""
    if proof["ask"] == "tcp":
        return "proof %d (%s port %d is reached)" % (number, proof["host"], proof["port"])
    return "proof %d" % number
