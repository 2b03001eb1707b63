using Osl.Interop.Linux;
using Osl.Operations;

namespace Osl.Executors.Linux;

/// <summary>Why a launch thread could not take on its context: which call, and which privilege it lacked.</summary>
internal static class ContextErrors
{
    internal static OperationError Describe(ContextStep step, int error, LaunchPlan plan)
    {
        var path = plan.Executable.Facts.Path;
        var account = plan.Account?.Name ?? "the host's account";
        return (step, error) switch
        {
            (ContextStep.Affinity, RawProgram.Differs or Errno.EINVAL) => new LimitUnavailable(
                "CPU affinity",
                $"this host can't use all of the CPUs {string.Join(", ", plan.CpuAffinity)}: some are not there, offline, or not in its cpuset"
            ),
            (ContextStep.Same, RawProgram.Differs) => new SpawnFailed(
                $"'{path}' as {account}: another file is at its path by now",
                Errno.ENOENT,
                nameof(Errno.ENOENT),
                "Somebody has replaced it since it was judged; start it again."
            ),
            (ContextStep.Reach, _) => new SpawnFailed(
                $"'{path}' as {account}: that account can't reach it",
                error,
                Errno.Name(error),
                $"Give {account} search permission on the directories of the path."
            ),
            (ContextStep.User, Errno.EAGAIN) => new SpawnFailed(
                $"'{path}' as {account}: the account's limit of processes is reached",
                error,
                Errno.Name(error),
                "Wait for some to end, or raise the limit (limits.conf(5), RLIMIT_NPROC)."
            )
            {
                Transient = true,
            },
            (ContextStep.User or ContextStep.Group, Errno.EINVAL) => new Unsupported(
                $"starting '{path}' as {account}: its uid or gid is not mapped in this user namespace",
                "Run the host outside of the user namespace, or map the account there (newuidmap(1))."
            ),
            (ContextStep.Nice or ContextStep.IoPriority, Errno.EPERM or Errno.EACCES) => Lacks(step, path, HostPrivileges.SysNice),
            (ContextStep.User or ContextStep.KeepCapabilities, Errno.EPERM) => Lacks(step, path, HostPrivileges.SetUid),
            (ContextStep.Groups or ContextStep.Group, Errno.EPERM) => Lacks(step, path, HostPrivileges.SetGid),
            (ContextStep.Bounding or ContextStep.Capabilities or ContextStep.Ambient, Errno.EPERM) => Lacks(
                step,
                path,
                HostPrivileges.SetPcap
            ),
            (ContextStep.Namespaces, Errno.EPERM) => Lacks(step, path, HostPrivileges.SysAdmin),
            (ContextStep.Network, Errno.EPERM) => Lacks(step, path, HostPrivileges.SysAdmin),
            (ContextStep.SandboxFiles, Errno.E2BIG) => new Unsupported(
                $"another sandbox for '{path}', since this host is in too many itself",
                "Run the host outside: Landlock takes 16, one in another."
            ),
            (_, Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM) => SpawnErrors.Resource(error, path),
            (ContextStep.Gate, Errno.EBUSY) => new Unsupported(
                $"setting limits or containment for '{path}' before it runs, since another supervisor listens to system calls here",
                "Run it outside of that sandbox or container, or without limits and containment."
            ),
            _ => new Unsupported(
                $"{What(step)} for '{path}' ({Errno.Name(error)})",
                "A seccomp filter, security module or old kernel refuses it; osl doctor shows what is there."
            ),
        };
    }

    internal static OperationError LimitRefused(string name, int error) =>
        new LimitUnavailable(name, $"the kernel refuses it ({Errno.Name(error)})");

    internal static OperationError NotHeld(LaunchPlan plan) =>
        new OperationFailed(
            "not_held",
            $"'{plan.Executable.Facts.Path}' could not be held until its limits and containment were set, and was ended.",
            "The host was stopped or suspended for long, or something reaps its children; start it again."
        );

    private static PermissionRefused Lacks(ContextStep step, string path, int capability) =>
        HostPrivileges.Lacks($"{What(step)} for '{path}'", capability);

    private static string What(ContextStep step) =>
        step switch
        {
            ContextStep.Share or ContextStep.Umask => "a file mode creation mask of its own",
            ContextStep.Nice => "the nice value",
            ContextStep.Affinity => "CPU affinity",
            ContextStep.IoPriority => "priority for disks",
            ContextStep.NoNewPrivileges => "no_new_privs",
            ContextStep.Gate => "setting limits or containment before it runs",
            ContextStep.Bounding or ContextStep.Capabilities or ContextStep.Ambient or ContextStep.KeepCapabilities => "the capabilities",
            ContextStep.Groups or ContextStep.Group => "the groups",
            ContextStep.User or ContextStep.Reach or ContextStep.Same => "the account",
            ContextStep.Namespaces => "namespaces of its own",
            ContextStep.Network => "a network namespace of its own",
            ContextStep.SandboxFiles => "a sandbox's rules for files (Landlock)",
            ContextStep.SandboxCalls => "a sandbox's filter on system calls (seccomp)",
            _ => "the limits",
        };
}
