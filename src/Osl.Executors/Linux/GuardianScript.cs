namespace Osl.Executors.Linux;

/// <summary>
/// What the guardian does, as a fixed script for /bin/sh. It is given nothing but descriptors: nothing is ever put into its text.
/// </summary>
/// <remarks>
/// <para>
/// Descriptors: 0 is its end of the socket to the host, 1 and 2 are /dev/null, 3 is the slot file, opened for itself. The environment is
/// PATH and LC_ALL. It says <c>ready</c> once its traps are set and its tools are proven, then blocks in a read until the host's
/// end of the socket is closed, by the host or by its death. Nothing sent there means anything.
/// </para>
/// <para>
/// Then it reads the slot table (columns: <c>SlotLine</c>). One sed lets through only lines of the exact shape, as words:
/// Managed live ones with pid, pgid, start time and owns; Managed prepared ones with the operation only, since their other columns
/// may be half written. Detached ones it never sees.
/// </para>
/// <para>
/// First, whoever is in the cgroup of one of these operations, by its <c>cgroup.kill</c>: nobody gets out of that by forking. The empty
/// groups are taken away by the next host that makes one.
/// </para>
/// <para>
/// Then the live ones: if a process with that pid has that start time, it is the one that was started, and its group, where it
/// leads one, or else itself is killed at once. Between that look and the kill lies one builtin command; for the wrong one to be
/// hit, the process would have to end, be reaped and its number be used again within it.
/// </para>
/// <para>
/// Then, whatever became of the leaders, every process that carries the marker of one of these operations: those who left the
/// group, those whose leader is gone (that group number is not trusted any more), and children of prepared entries. Each is killed
/// by its own pid only. The scan is one grep over /proc; because that takes a while, a second grep over the finds is framed
/// by two readings of the start time, and only who was the same process throughout is killed: the same small race as above is left.
/// </para>
/// <para>
/// Scans repeat 200 ms apart until one finds nothing, at least two, since a process born while a scan passes is behind its
/// back and one in the middle of its exec has no environment to read; at most 25, since a process may hang in the kernel. Then the
/// guardian ends, whatever was found. What it can't do is in knowledge/guardian.md.
/// </para>
/// <para>Quirks: dash knows <c>kill -s KILL -- -N</c>, not <c>kill -KILL -- -N</c>. A process name may hold spaces, parentheses and line
/// breaks, so /proc/PID/stat is read to its end and taken from its last parenthesis on. grep must know -z.</para>
/// </remarks>
internal static class GuardianScript
{
    /// <summary>What it writes when it is up.</summary>
    internal static ReadOnlySpan<byte> Ready => "ready\n"u8;

    /// <summary>The text. A UTF-8 literal, hence with a NUL behind it.</summary>
    internal static ReadOnlySpan<byte> Text =>
        """
            # Osl guardian: ends what an Osl host started, when the host is gone.
            trap '' HUP INT QUIT TERM PIPE ALRM USR1 USR2 TSTP TTIN TTOU
            set -f
            newline='
            '

            # start_of PID: its start time in $started, or failure when it is gone.
            start_of() {
                stat=
                { while read -r part || [ -n "$part" ]; do stat="$stat $part"; done <"$1/stat"; } 2>/dev/null || return 1
                case $stat in *') '*) ;; *) return 1 ;; esac
                set -- ${stat##*') '}
                started=${20-}
                [ -n "$started" ]
            }

            # bearers FILE...: those of the environments that hold one of $markers.
            bearers() {
                printf '%s\n' "$markers" | grep -lszxF -f - -- "$@"
            }

            # scan: kills every bearer of a marker; succeeds when it found one.
            scan() {
                set +f
                suspects=$(bearers [0-9]*/environ)
                # Too many processes for one command line.
                [ $? -ne 126 ] || suspects=$(for digit in 1 2 3 4 5 6 7 8 9; do bearers $digit*/environ; done)
                set -f
                seen=
                listed=
                for suspect in $suspects; do
                    if start_of "${suspect%/environ}"; then
                        seen="$seen ${suspect%/environ} $started"
                        listed="$listed $suspect"
                    fi
                done
                [ -n "$listed" ] || return 1
                set -- $seen
                # In the order in which they were listed, hence in that of $seen.
                for suspect in $(bearers $listed); do
                    while [ $# -gt 1 ] && [ "$1/environ" != "$suspect" ]; do shift 2; done
                    [ $# -gt 1 ] && start_of "$1" && [ "$started" = "$2" ] && kill -s KILL -- "$1"
                done
                return 0
            }

            cd /proc && start_of $$ && command -v sed && command -v sleep && printf 'a=b\000OSL=1\000' | grep -qzxF -e OSL=1 ||
                { echo unfit >&0; exit 1; }
            echo ready >&0
            while read -r ignored; do :; done
            exec </dev/null

            table=$(sed -nE \
                -e 's/^L ([0-9a-f]{32}) ([1-9][0-9]*) +([1-9][0-9]*) +([1-9][0-9]*) +([01]) M .*$/L \1 \2 \3 \4 \5/p' \
                -e 's/^P ([0-9a-f]{32}) .{45}M .*$/P \1/p' <&3)
            [ -n "$table" ] || exit 0
            markers=$(printf '%s\n' "$table" | sed -E 's/^. (.{32}).*$/OSL_OPERATION=\1/')

            # The cgroups of these operations lie below our own, which is the host's.
            place=
            while read -r line; do
                case $line in 0::/*) place=${line#0::} ;; esac
            done </proc/self/cgroup
            for marker in $markers; do
                for root in /sys/fs/cgroup /sys/fs/cgroup/unified; do
                    group=$root${place%/}/osl-${marker#OSL_OPERATION=}
                    [ ! -f "$group/cgroup.kill" ] || echo 1 >"$group/cgroup.kill"
                done
            done

            IFS=$newline
            for entry in $table; do
                IFS=' '
                set -- $entry
                if [ "$1" = L ] && start_of "$3" && [ "$started" = "$5" ]; then
                    if [ "$6" = 1 ] && [ "$3" = "$4" ]; then
                        kill -s KILL -- "-$3"
                    else
                        kill -s KILL -- "$3"
                    fi
                fi
            done

            IFS=" $newline"
            passes=0
            while :; do
                passes=$((passes + 1))
                if scan; then
                    [ "$passes" -lt 25 ] || exit 1
                else
                    [ "$passes" -lt 2 ] || exit 0
                fi
                sleep 0.2 || sleep 1
            done
            """u8;
}
