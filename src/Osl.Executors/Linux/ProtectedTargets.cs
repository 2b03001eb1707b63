using System.Globalization;
using Osl.Interop.Linux;
using Osl.Operations;

namespace Osl.Executors.Linux;

/// <summary>
/// What is never signalled, whatever a policy says: 0, 1 and -1 (to kill(2) they mean groups and everybody), this process, its
/// group, and the group of process 1. The last line of defence behind prepare.
/// </summary>
internal static class ProtectedTargets
{
    internal static bool Contains(int id, bool isGroup) =>
        id <= 1
        || (isGroup ? id == Libc.GetPgrp() || (ProcLine.TryRead(1, out var first) && first.Pgid == id) : id == Environment.ProcessId);

    internal static Denied Refuse(int id, bool isGroup) =>
        new(
            "osl:protected",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{(isGroup ? "group" : "process")} {id} is this host itself, its own group, or the system's first process."
            ),
            "Nothing: name another target. A host that wants to end itself exits."
        );
}
