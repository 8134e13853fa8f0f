# Have the real ClusterSSH read clusters and tags files, without its windows.
#
# Standard input: one case a line, FOLDER; in it are the files `clusters` and `tags` (either may be
# missing). For each case one process is forked, which has LIMIT seconds. Standard output: one line a
# case, JSON: {"tags": {TAG: [HOST, ...]}}, {"slow": 1} or {"died": REASON}.
use strict;
use warnings;
use App::ClusterSSH;
use App::ClusterSSH::Cluster;
use POSIX ();
use JSON::PP;

my $limit = shift;
$| = 1;
open( STDERR, '>', '/dev/null' );

sub answer {
    my ($folder) = @_;
    my $self = App::ClusterSSH->new();
    my $cluster = $self->cluster;
    $cluster->read_cluster_file("$folder/clusters");
    $cluster->read_tag_file("$folder/tags");
    my %found;
    for my $tag ( $cluster->list_tags ) {
        my @hosts;
        local $SIG{ALRM} = sub { die "slow\n" };
        alarm($limit);
        my $done = eval { @hosts = $self->resolve_names($tag); 1 };
        alarm(0);
        $found{$tag} = $done ? [@hosts] : undef;
    }
    return { tags => \%found };
}

while ( my $folder = <STDIN> ) {
    chomp $folder;
    pipe( my $read, my $write );
    my $child = fork();
    if ( !$child ) {
        close $read;
        my $said = eval { answer($folder) } || { died => "$@" };
        syswrite( $write, JSON::PP->new->ascii->canonical->encode($said) );
        POSIX::_exit(0);
    }
    close $write;
    my $said = do { local $/; <$read> };
    waitpid( $child, 0 );
    print $said, "\n";
}
