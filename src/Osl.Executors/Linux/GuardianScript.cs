namespace Osl.Executors.Linux;

/// <summary>
/// What the guardian does, as a fixed script for /bin/sh. It is given nothing but descriptors: nothing is ever put into its text.
/// </summary>
/// <remarks>
/// <para>
/// Descriptors: 0 is its end of the socket to the host, 1 and 2 are /dev/null, 3 is the slot file, opened for itself. The environment is
/// PATH, LC_ALL and this text. It says <c>ready</c> once its traps are set and its tools are proven, then blocks in a read until the host's
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
/// <para>
/// Where a process is lacking (RLIMIT_NPROC, pids.max), dash ends as a whole at the first fork. What is done on its exit then forks nothing:
/// it reads the table by builtins, ends cgroups, groups and leaders under the same conditions, and begins anew by an exec, over and over until
/// processes are to be had again; at most ten minutes.
/// </para>
/// <para>Quirks: dash knows <c>kill -s KILL -- -N</c>, not <c>kill -KILL -- -N</c>. A process name may hold spaces, parentheses and line
/// breaks, so /proc/PID/stat is read to its end and taken from its last parenthesis on. grep must know -z.</para>
/// </remarks>
internal static class GuardianScript
{
    /// <summary>What it writes when it is up.</summary>
    internal static ReadOnlySpan<byte> Ready => "ready\n"u8;

    /// <summary>By what name the text is in its environment, for when it has to begin anew.</summary>
    internal static ReadOnlySpan<byte> Variable => "OSL_GUARDIAN_TEXT="u8;

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

            # end PID PGID START OWNS: ends the process that was started, and its group where it leads one. Forks nothing.
            end() {
                start_of "$1" && [ "$started" = "$3" ] || return 0
                if [ "$4" = 1 ] && [ "$1" = "$2" ]; then
                    kill -s KILL -- "-$1"
                else
                    kill -s KILL -- "$1"
                fi
            }

            # end_cgroup OPERATION: whoever is in its cgroup, which lies below our own, and that is the host's. Forks nothing.
            end_cgroup() {
                place=
                while read -r line; do
                    case $line in 0::/*) place=${line#0::} ;; esac
                done </proc/self/cgroup
                for root in /sys/fs/cgroup /sys/fs/cgroup/unified; do
                    [ ! -f "$root${place%/}/osl-$1/cgroup.kill" ] || echo 1 >"$root${place%/}/osl-$1/cgroup.kill"
                done
            }

            # again: no process was to be had, and so this shell is over. Ends by builtins whom it can, and begins anew in this process.
            again() {
                IFS=" $newline"
                exec 3</proc/self/fd/3
                while read -r state operation pid pgid start owns lifetime rest; do
                    case $state$owns$lifetime in L[01]M) ;; *) continue ;; esac
                    case $operation in *[!0-9a-f]*) continue ;; esac
                    case $pid$pgid$start in *[!0-9]*) continue ;; esac
                    case $pid,$pgid,$start in [1-9]*,[1-9]*,[1-9]*) ;; *) continue ;; esac
                    [ "${#operation}" -eq 32 ] || continue
                    end_cgroup "$operation"
                    end "$pid" "$pgid" "$start" "$owns"
                done <&3
                exec 3</proc/self/fd/3
                read -r now rest </proc/uptime
                now=${now%%.*}
                [ "$((now - ${since:=$now}))" -lt 600 ] || exit 1
                exec /bin/sh -c "$OSL_GUARDIAN_TEXT" osl-guardian "$since"
            }

            # finish STATUS
            finish() {
                trap - EXIT
                exit "$1"
            }

            # bearers FILE...: those of the environments that hold one of $markers.
            bearers() {
                printf '%s\n' "$markers" | grep -lszxF -f - -- "$@"
            }

            # scan: kills every bearer of a marker; succeeds when it found one.
            scan() {
                set +f
                # The last word comes only from a shell that could fork all it had to.
                suspects=$(bearers [0-9]*/environ; echo "status $?")
                case $suspects in
                    # Too many processes for one command line.
                    *'status 126') suspects=$(for digit in 1 2 3 4 5 6 7 8 9; do bearers $digit*/environ; done; echo 'status 0') ;;
                esac
                case $suspects in
                    *'status 254') exit 1 ;;
                    *'status '*) suspects=${suspects%status *} ;;
                    *) exit 1 ;;
                esac
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
                found=$(bearers $listed; echo "status $?")
                case $found in
                    *'status 254') exit 1 ;;
                    *'status '*) ;;
                    *) exit 1 ;;
                esac
                for suspect in ${found%status *}; do
                    while [ $# -gt 1 ] && [ "$1/environ" != "$suspect" ]; do shift 2; done
                    [ $# -gt 1 ] && start_of "$1" && [ "$started" = "$2" ] && kill -s KILL -- "$1"
                done
                return 0
            }

            since=${1-}
            if [ -z "$since" ]; then
                cd /proc && start_of $$ && command -v sed && command -v sleep && printf 'a=b\000OSL=1\000' | grep -qzxF -e OSL=1 ||
                    { echo unfit >&0; exit 1; }
                echo ready >&0
                while read -r ignored; do :; done
                exec </dev/null
            fi
            trap again EXIT

            table=$(sed -nE \
                -e 's/^L ([0-9a-f]{32}) ([1-9][0-9]*) +([1-9][0-9]*) +([1-9][0-9]*) +([01]) M .*$/L \1 \2 \3 \4 \5/p' \
                -e 's/^P ([0-9a-f]{32}) .{45}M .*$/P \1/p' <&3) || exit 1
            [ -n "$table" ] || finish 0

            IFS=$newline
            for entry in $table; do
                IFS=' '
                set -- $entry
                end_cgroup "$2"
            done
            IFS=$newline
            for entry in $table; do
                IFS=' '
                set -- $entry
                [ "$1" != L ] || end "$3" "$4" "$5" "$6"
            done

            IFS=" $newline"
            markers=$(printf '%s\n' "$table" | sed -E 's/^. (.{32}).*$/OSL_OPERATION=\1/') || exit 1

            passes=0
            while :; do
                passes=$((passes + 1))
                if scan; then
                    [ "$passes" -lt 25 ] || finish 1
                else
                    [ "$passes" -lt 2 ] || finish 0
                fi
                sleep 0.2 || sleep 1
            done
            """u8;
}
