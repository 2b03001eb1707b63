namespace Osl.Executors.Linux;

/// <summary>By what a child can be held until its limits and control groups are set (adr/0035-gates.md, adr/0051-shell-gate.md).</summary>
internal static class GateProbe
{
    internal static Capability Read()
    {
        var host = HostPrivileges.Read();
        List<string> gates = [];
        bool? seccomp = SeccompGate.IsThere ? SeccompGate.Works() : false;
        if (seccomp == true)
        {
            gates.Add(
                host.Has(HostPrivileges.SysAdmin) || host.NoNewPrivileges
                    ? "seccomp notification"
                    : "seccomp notification (under no_new_privs, or in a sandbox)"
            );
        }

        if (LeaseGate.IsThere && LeaseGate.Works())
        {
            gates.Add("a file lease (in the host's account, outside of a sandbox)");
        }

        if (ShellProbe.Shell is { } shell)
        {
            gates.Add($"{shell} (for trusted programs, outside of a sandbox)");
        }

        return gates.Count > 0
                ? new Capability(
                    "gates",
                    Available: true,
                    $"limits and control groups are set before a program runs, by {string.Join("; else ", gates)}"
                )
            : seccomp is null
                ? new Capability(
                    "gates",
                    Available: false,
                    "none could be tried for want of a thread",
                    "Let more processes run (ulimit -u, the cgroup's pids.max), and look again."
                )
            : new Capability(
                "gates",
                Available: false,
                "no limits and control groups: a program can't be held until they are set",
                "Use Linux 5.5 or later with glibc 2.34 or later, or provide a dash as /bin/sh and coreutils' /usr/bin/env."
            );
    }
}
