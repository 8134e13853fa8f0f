# Be cssh without a screen: the same flags, `-Q -L red` for one.
use strict;
use warnings;
use App::ClusterSSH;
use App::ClusterSSH::Window;
no warnings 'redefine';
for my $name (qw(initialise get_font_size load_keyboard_map terminate_all_hosts)) {
    no strict 'refs';
    *{"App::ClusterSSH::Window::$name"} = sub { };
}
my $cssh = App::ClusterSSH->new();
$cssh->options->add_common_ssh_options;
$cssh->options->add_common_session_options;
$cssh->run();
