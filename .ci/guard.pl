#!/usr/bin/perl
# Runs a command, then answers for it: fails when a process it started outlives it, when one of them listens on an
# address that other machines can reach, or when the time is up.
#
#   perl .ci/guard.pl SECONDS COMMAND [ARGUMENTS]
#
# Linux hands orphans to the nearest "subreaper" above them (prctl PR_SET_CHILD_SUBREAPER). So everything the command
# starts stays below this process, however it detaches itself, and nothing has to be guessed from names. Perl because it
# is in every Debian before anything is installed, and can make that call.
use strict;
use warnings;
use POSIX qw(:sys_wait_h uname);
use Time::HiRes qw(sleep time);

my ($seconds, @command) = @ARGV;
# 127.x.x.x, the same written as IPv6, and ::1, as the kernel prints addresses: in the byte order of the machine. The
# guard's own test narrows it, because a port that is really open would be held against the run around that test.
my $addresses = $ENV{GUARD_LOOPBACK} // '^(.{6}7F|0{16}FFFF0000.{6}7F|0{24}01000000)$';
my $loopback = qr/$addresses/;
my %prctl = (x86_64 => 157, aarch64 => 167);
my $machine = (uname())[4];
defined $prctl{$machine} && syscall($prctl{$machine}, 36, 1, 0, 0, 0) == 0
  or die "guard: cannot become the reaper of orphans on $machine: $!\n";

my %listening_before = map { $_ => 1 } exposed_sockets();
my $deadline = time + $seconds;
my $main = fork() // die "guard: fork: $!\n";
if ($main == 0) {
  setpgrp(0, 0);
  exec { $command[0] } @command or die "guard: $command[0]: $!\n";
}
$SIG{INT} = $SIG{TERM} = sub { kill 'TERM', -$main };

my ($status, $failed) = (undef, 0);
my %reported;
until (defined $status) {
  while ((my $pid = waitpid(-1, WNOHANG)) > 0) { $status = $? if $pid == $main }
  last if defined $status;
  for my $socket (grep { !$listening_before{$_} } exposed_sockets()) {
    my ($inode, $address) = split " ", $socket, 2;
    my $pid = owner_below_us($inode) or next;
    next if $reported{"$address $pid"}++;
    complain("$address can be reached from other machines; it is opened by", $pid);
  }
  if (time > $deadline) {
    print STDERR "guard: not done after $seconds seconds\n";
    $failed = 1;
    kill 'TERM', -$main;
    my $grace = time + 10;
    sleep 0.2 while time < $grace && waitpid($main, WNOHANG) == 0;
    kill 'KILL', -$main;
    waitpid($main, 0);
    $status = 124 << 8;
    last;
  }
  sleep 0.5;
}

# A process that was told to stop may need a moment; one that is still there after five seconds was forgotten.
my $patience = time + 5;
sleep 0.2 while time < $patience && below_us();
for my $pid (below_us()) {
  complain('left behind:', $pid);
  kill 'KILL', $pid;
}
1 while waitpid(-1, 0) > 0;
exit($status == 0 ? $failed : ($status >> 8) || 128 + ($status & 127));

sub complain {
  my ($what, $pid) = @_;
  my $line = read_file("/proc/$pid/cmdline") =~ s/\0/ /gr;
  print STDERR "guard: $what $pid $line\n";
  $failed = 1;
}

# pid -> parent, of everything alive.
sub parents {
  my %parent;
  for my $path (glob '/proc/[0-9]*/stat') {
    my ($pid, $state, $ppid) = read_file($path) =~ /^(\d+) \(.*\) (\S) (\d+)/s or next;
    $parent{$pid} = $ppid unless $state eq 'Z';
  }
  return %parent;
}

sub below_us {
  while (waitpid(-1, WNOHANG) > 0) { }
  my %parent = parents();
  return grep { is_below_us($_, \%parent) } keys %parent;
}

sub is_below_us {
  my ($pid, $parent) = @_;
  while (defined($pid = $parent->{$pid})) { return 1 if $pid == $$ }
  return 0;
}

# "inode address" of every listening TCP socket that is not bound to loopback.
sub exposed_sockets {
  my @found;
  for my $table ('/proc/net/tcp', '/proc/net/tcp6') {
    for my $line (split /\n/, read_file($table)) {
      my ($ip, $port, $state, $inode) = (split ' ', $line)[1, 1, 3, 9];
      next unless defined $inode && $state eq '0A';
      ($ip, $port) = split /:/, $ip;
      next if $ip =~ $loopback;
      push @found, "$inode port " . hex($port);
    }
  }
  return @found;
}

sub owner_below_us {
  my ($inode) = @_;
  my %parent = parents();
  for my $pid (grep { is_below_us($_, \%parent) } keys %parent) {
    for my $descriptor (glob "/proc/$pid/fd/*") {
      return $pid if (readlink($descriptor) // '') eq "socket:[$inode]";
    }
  }
  return undef;
}

sub read_file {
  my ($path) = @_;
  open(my $file, '<', $path) or return '';
  local $/;
  return scalar(<$file>) // '';
}
