using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Facts;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// What a sandbox grants, held open since prepare: what was judged is what is granted, whatever lies at the paths by then
/// (adr/0040-sandbox.md).
/// </summary>
internal sealed class LinuxSandbox : SandboxLease
{
    private const string Remedy =
        "Linux 6.2 or later with Landlock among its security modules (lsm=), x86-64 or arm64, and no container filter that refuses "
        + "landlock_create_ruleset; osl doctor shows what is there.";

    private readonly List<Grant> _grants;

    private LinuxSandbox(SandboxConfig config, List<Grant> grants, List<string> own, SandboxFacts facts)
        : base(facts)
    {
        Config = config;
        _grants = grants;
        Own = own;
    }

    internal SandboxConfig Config { get; }

    /// <summary>Whether it names paths, so that all others are out of reach.</summary>
    internal bool LimitsFiles => Facts!.LimitsFiles;

    internal IReadOnlyList<Grant> Grants => _grants;

    /// <summary>What is Osl's own, by its real paths.</summary>
    internal IReadOnlyList<string> Own { get; }

    /// <summary>One path that is granted.</summary>
    /// <param name="Descriptor">Open, O_PATH.</param>
    /// <param name="Path">Its real path.</param>
    /// <param name="Rights">Which of <see cref="FileRights"/>, as far as the file and the kernel have them.</param>
    internal sealed record Grant(int Descriptor, string Path, ulong Rights);

    internal static OneOf<SandboxLease, OperationError> Hold(
        SandboxConfig config,
        string workingDirectory,
        Containment containment,
        OwnPlaces ownPlaces
    )
    {
        if (Refusal() is { } refusal)
        {
            return refusal;
        }

        var own = ownPlaces.Find();
        var grants = new List<Grant>();
        try
        {
            foreach (
                var (paths, rights) in (ReadOnlySpan<(ValueList<string>, ulong)>)
                    [
                        (config.ReadPaths, FileRights.Reading),
                        (config.WritePaths, FileRights.Writing),
                        (config.ExecutePaths, FileRights.Executing),
                    ]
            )
            {
                foreach (var path in paths)
                {
                    if (!Open(path, workingDirectory, rights).TryPickT0(out var grant, out var error))
                    {
                        return error;
                    }

                    grants.Add(grant);
                    if (Flaw(grant, own, containment) is { } flaw)
                    {
                        return flaw;
                    }
                }
            }

            var sandbox = new LinuxSandbox(config, grants, own, FactsOf(config, grants));
            grants = [];
            return sandbox;
        }
        finally
        {
            Close(grants);
        }
    }

    /// <summary>Whether a program would be found within what may be executed; null where files are not limited.</summary>
    internal bool MayExecute(string path) =>
        !LimitsFiles || _grants.Exists(grant => (grant.Rights & FileRights.Execute) != 0 && OwnPlaces.IsWithin(path, grant.Path));

    protected override void Dispose(bool disposing)
    {
        Close(_grants);
        base.Dispose(disposing);
    }

    /// <summary>Why this machine can have none; null when it can.</summary>
    internal static Unsupported? Refusal()
    {
        var abi = SyscallNumber.IsKnownArchitecture ? Libc.LandlockVersion() : -Errno.ENOSYS;
        return abi < FileRights.LowestAbi
                ? new Unsupported(
                    abi > 0 ? $"a sandbox with Landlock ABI {abi}, by which files could still be cut off" : "a sandbox without Landlock",
                    Remedy
                )
            : Libc.SeccompHas(Libc.SECCOMP_RET_KILL_PROCESS) is not 0
                ? new Unsupported("a sandbox without filters on system calls (seccomp(2))", Remedy)
            : null;
    }

    private static OneOf<Grant, OperationError> Open(string path, string workingDirectory, ulong rights)
    {
        var named = path.StartsWith('/') ? path : $"{workingDirectory.TrimEnd('/')}/{path}";
        var fd = Libc.Open(named, Libc.O_PATH | Libc.O_CLOEXEC, 0);
        var error = fd < 0 ? Libc.LastError : Descriptor.MoveUp(ref fd);
        var status = default(FileStatus);
        error = error == 0 ? FileStatus.Read(fd, out status) : error;
        if (error == 0 && status.Links > 0 && Descriptor.RealPath(fd) is { } real)
        {
            return new Grant(fd, real, status.IsDirectory ? rights : rights & FileRights.OfFile);
        }

        if (fd >= 0)
        {
            _ = Libc.Close(fd);
        }

        return error is Errno.EACCES
            ? new PermissionRefused($"the path '{named}' of the sandbox (EACCES)", "Name one that this account can reach.")
            : new NotFound($"the path '{named}' of the sandbox", "Make it before, or leave it out: only what is there can be granted.")
            {
                Thing = MissingThing.Path,
            };
    }

    private static OperationError? Flaw(Grant grant, List<string> own, Containment containment)
    {
        foreach (var place in own)
        {
            if (OwnPlaces.IsWithin(grant.Path, place))
            {
                return new PermissionRefused(
                    $"granting '{grant.Path}' to a sandbox: it is of Osl's own policy, keys, journal or registry",
                    "Leave it out: no sandbox reaches those."
                );
            }

            // Reading can be granted to all that lies beside; making things can't, since a new name has to be judged by its directory.
            if ((grant.Rights & FileRights.WriteFile) != 0 && OwnPlaces.IsWithin(place, grant.Path))
            {
                return new PermissionRefused(
                    $"letting a sandbox write to '{grant.Path}': Osl's own '{place}' is, or would be, in it",
                    "Name the directories in it that it is to write to; Landlock can't take one out of what it grants."
                );
            }
        }

        return containment == Containment.PidNamespace && OwnPlaces.IsWithin(grant.Path, "/proc")
            ? new Unsupported(
                $"granting '{grant.Path}' to a sandbox in a pid namespace: its /proc is another one, which is made later",
                "Leave /proc out, or ask for another containment."
            )
            : null;
    }

    private static SandboxFacts FactsOf(SandboxConfig config, List<Grant> grants)
    {
        var paths = grants.Select(grant => grant.Path).ToList();
        var (reads, writes) = (config.ReadPaths.Count, config.WritePaths.Count);
        return new SandboxFacts
        {
            LimitsFiles = grants.Count > 0,
            ReadPaths = paths.Take(reads).ToValueList(),
            WritePaths = paths.Skip(reads).Take(writes).ToValueList(),
            ExecutePaths = paths.Skip(reads + writes).ToValueList(),
        };
    }

    private static void Close(List<Grant> grants)
    {
        grants.ForEach(grant => _ = Libc.Close(grant.Descriptor));
        grants.Clear();
    }
}
