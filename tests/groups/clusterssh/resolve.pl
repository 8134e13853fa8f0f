# Have the real ClusterSSH read clusters and tags files, without its windows.
#
# Standard input: one case a line, the seconds that it may take and a folder with the files `clusters`
# and `tags`. For each case one process is forked. Standard output: one line a case, JSON: {"tags": {TAG: [HOST, ...]}, "odd": [HOST, ...]}; "slow" is the tag that
# never came to an end (those behind it were not asked), "odd" are hosts that cssh cannot connect to.
use strict;
use warnings;
use App::ClusterSSH;
use App::ClusterSSH::Cluster;
use App::ClusterSSH::Host;
use POSIX ();
use JSON::PP;
use Time::HiRes qw(alarm);

$| = 1;
open( STDERR, '>', '/dev/null' );

my $self = App::ClusterSSH->new();
$self->cluster;

sub answer {
    my ( $seconds, $folder ) = @_;
    $self->cluster->read_cluster_file("$folder/clusters");
    $self->cluster->read_tag_file("$folder/tags");
    my ( %found, %odd );
    for my $tag ( sort $self->cluster->list_tags ) {
        my @hosts;
        local $SIG{ALRM} = sub { die "slow" };
        alarm($seconds);
        my $done = eval { @hosts = $self->resolve_names($tag); 1 };
        alarm(0);
        return { tags => \%found, slow => $tag, odd => [ keys %odd ] } if !$done;
        $found{$tag} = [@hosts];
        for my $host ( @hosts > 100 ? () : @hosts ) {
            $odd{$host} = 1 if !eval { App::ClusterSSH::Host->parse_host_string($host); 1 };
        }
    }
    return { tags => \%found, odd => [ keys %odd ] };
}

while ( my $case = <STDIN> ) {
    chomp $case;
    pipe( my $read, my $write );
    my $child = fork();
    if ( !$child ) {
        close $read;
        my $said = eval { answer( split / /, $case, 2 ) } || { died => "$@" };
        my $text = JSON::PP->new->ascii->canonical->encode($said);
        while ( length $text ) {
            my $done = syswrite( $write, $text );
            $text = substr( $text, $done );
        }
        POSIX::_exit(0);
    }
    close $write;
    my $said = do { local $/; <$read> };
    waitpid( $child, 0 );
    print $said, "\n";
}
