using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>By which gate a launch is held (adr/0035-gates.md, adr/0051-shell-gate.md).</summary>
internal static class GateChoice
{
    /// <summary>Which gate holds a launch; Any, when there is none that fits.</summary>
    /// <param name="plan">The launch.</param>
    /// <param name="host">What the host may do.</param>
    /// <param name="calls">What the launch thread will call.</param>
    /// <param name="gates">Which are to be thought of.</param>
    /// <param name="refused">Those that this machine has refused to this launch.</param>
    internal static GateKind Of(LaunchPlan plan, HostPrivileges host, ContextCalls calls, GateKind gates, List<GateKind> refused)
    {
        var seccomp = SeccompGate.IsThere && (host.Has(HostPrivileges.SysAdmin) || host.NoNewPrivileges || calls.AsksForNoNewPrivileges);
        // A sandbox does not let the child open what the lease gate has it open.
        var lease = LeaseGate.IsThere && !calls.ChangesAccount && plan.Sandbox is null;
        // Nor does it let a shell run; and the first process of a namespace can't stop itself.
        var shell = plan.Sandbox is null && plan.Containment != Containment.PidNamespace;
        return seccomp && IsMeant(GateKind.Seccomp) ? GateKind.Seccomp
            : lease && IsMeant(GateKind.Lease) ? GateKind.Lease
            : shell && IsMeant(GateKind.Shell) && ShellProbe.Shell is not null ? GateKind.Shell
            : GateKind.Any;

        bool IsMeant(GateKind kind) => (gates == GateKind.Any || gates == kind) && !refused.Contains(kind);
    }

    /// <summary>What to say where none fits.</summary>
    internal static Unsupported None(LaunchPlan plan) =>
        new(
            $"setting limits or containment for '{plan.Executable.Facts.Path}' before it runs",
            plan.Account is null
                ? "A kernel with CONFIG_PROC_CHILDREN, or no_new_privs or CAP_SYS_ADMIN together with seccomp notification (Linux 5.5, glibc 2.34)."
                : "For another account: ask for no_new_privs, or give the host CAP_SYS_ADMIN (seccomp notification: Linux 5.5, glibc 2.34)."
        );
}
