using Osl.Interop.Linux;
using Osl.Operations;

namespace Osl.Executors.Linux;

/// <summary>
/// The rules of one sandbox, made by the host and taken on by the launch thread (landlock(7)).
/// </summary>
/// <remarks>
/// <para>
/// Landlock grants and can't take away: a rule for a directory is one for all beneath it. So where a granted directory holds something of Osl's own,
/// each of its other entries is granted by itself, and so on down to what is left out. That is the state of the moment: what is made
/// there later is not granted (adr/0040-sandbox.md).
/// </para>
/// <para>
/// A file is judged by where it really lies, whichever way leads there: links, <c>..</c>, /proc/self/root. What is open already is not
/// judged again.
/// </para>
/// </remarks>
internal sealed class LandlockRuleset : IDisposable
{
    /// <summary>The ABI that refuses to bind and connect TCP ports (Linux 6.7).</summary>
    private const int NetworkAbi = 4;

    /// <summary>The ABI that keeps signals and abstract sockets within (Linux 6.12).</summary>
    internal const int ScopesAbi = 6;

    private const ulong BindAndConnect = 1 | 2;
    private const ulong AbstractSocketsAndSignals = 1 | 2;

    /// <summary>A directory with more beside Osl's own would take too long.</summary>
    private const int MostRules = 50_000;

    /// <summary>Without these hardly a program runs, and nobody can be reached by them.</summary>
    private static readonly (string Path, ulong Rights)[] Harmless =
    [
        ("/dev/null", FileRights.ReadFile | FileRights.WriteFile | FileRights.Truncate | FileRights.ControlDevice),
        ("/dev/zero", FileRights.ReadFile | FileRights.WriteFile | FileRights.ControlDevice),
        ("/dev/full", FileRights.ReadFile | FileRights.WriteFile | FileRights.ControlDevice),
        ("/dev/random", FileRights.ReadFile),
        ("/dev/urandom", FileRights.ReadFile),
    ];

    private readonly LinuxSandbox _sandbox;
    private readonly ulong _handled;
    private int _rules;
    private int _error;

    private LandlockRuleset(LinuxSandbox sandbox, int descriptor, ulong handled)
    {
        _sandbox = sandbox;
        Number = descriptor;
        _handled = handled;
    }

    /// <summary>Its descriptor, close-on-exec.</summary>
    internal int Number { get; private set; }

    /// <summary>Makes it.</summary>
    internal static OneOf<LandlockRuleset, OperationError> Create(LinuxSandbox sandbox)
    {
        var abi = Libc.LandlockVersion();
        var limits = sandbox.LimitsFiles;
        var attributes = new Libc.LandlockRulesetAttributes
        {
            Files = limits ? FileRights.Of(abi) : FileRights.OfOwnPlaces,
            Network = sandbox.Config.NoNetwork && abi >= NetworkAbi ? BindAndConnect : 0,
            Scoped = abi >= ScopesAbi ? AbstractSocketsAndSignals : 0,
        };
        var number = Libc.LandlockCreateRuleset(in attributes);
        var error = number < 0 ? Libc.LastError : Descriptor.MoveUp(ref number);
        if (error != 0)
        {
            _ = number < 0 ? 0 : Libc.Close(number);
            return Failed(error);
        }

        var ruleset = new LandlockRuleset(sandbox, number, attributes.Files);
        if (ruleset.AddAll() is { } failed)
        {
            ruleset.Dispose();
            return failed;
        }

        return ruleset;
    }

    /// <summary>Grants the terminal that is the child's own.</summary>
    /// <returns>The error number, or 0.</returns>
    internal int AddTerminal(string path)
    {
        AddNamed(path, FileRights.ReadFile | FileRights.WriteFile | FileRights.ControlDevice);
        return _error;
    }

    public void Dispose()
    {
        if (Number >= 0)
        {
            _ = Libc.Close(Number);
            Number = -1;
        }
    }

    private Unsupported? AddAll()
    {
        if (_sandbox.LimitsFiles)
        {
            foreach (var (path, rights) in Harmless)
            {
                AddNamed(path, rights);
            }

            foreach (var grant in _sandbox.Grants)
            {
                // The directory itself can be listed, which for Landlock means also what is in it: names, and nothing more.
                Add(grant.Descriptor, grant.Path, grant.Rights);
                AddRule(grant.Descriptor, grant.Rights & FileRights.ReadDirectory);
            }
        }
        else
        {
            AddNamed("/", FileRights.OfOwnPlaces);
        }

        return _error != 0 ? Failed(_error)
            : _rules > MostRules ? TooMany()
            : null;
    }

    private void AddNamed(string path, ulong rights)
    {
        var fd = Libc.Open(path, Libc.O_PATH | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            // What is not there can't be reached.
            _error = _error == 0 && Libc.LastError is Errno.EMFILE or Errno.ENFILE or Errno.ENOMEM ? Libc.LastError : _error;
            return;
        }

        // Another file by now, or a link: what leads elsewhere is judged there.
        if (
            string.Equals(Descriptor.RealPath(fd), path, StringComparison.Ordinal)
            && FileStatus.Read(fd, out var status) == 0
            && !status.IsSymlink
        )
        {
            Add(fd, path, status.IsDirectory ? rights : rights & FileRights.OfFile);
        }

        _ = Libc.Close(fd);
    }

    private void Add(int fd, string path, ulong rights)
    {
        if (_sandbox.Own.Any(own => OwnPlaces.IsWithin(path, own)))
        {
            return;
        }

        if (!_sandbox.Own.Any(own => OwnPlaces.IsWithin(own, path)))
        {
            AddRule(fd, rights);
            return;
        }

        foreach (var name in NamesIn(path))
        {
            if (_rules > MostRules || _error != 0)
            {
                return;
            }

            AddNamed(path.EndsWith('/') ? path + name : $"{path}/{name}", rights);
        }
    }

    /// <summary>What is in a directory that holds something of Osl's own; where it can't be listed, what leads there.</summary>
    private IEnumerable<string> NamesIn(string directory)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(directory).Select(entry => entry[(entry.LastIndexOf('/') + 1)..])];
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            var length = directory.TrimEnd('/').Length + 1;
            return
            [
                .. _sandbox
                    .Own.Where(own => OwnPlaces.IsWithin(own, directory))
                    .Select(own => own[length..].Split('/')[0])
                    .Distinct(StringComparer.Ordinal),
            ];
        }
    }

    private void AddRule(int fd, ulong rights)
    {
        rights &= _handled;
        if (rights == 0 || _error != 0)
        {
            return;
        }

        _rules++;
        var error = Libc.LandlockAddPath(Number, fd, rights);
        // EBADFD: of a file system that only the kernel mounts, such as a pipe's, which Landlock leaves alone.
        _error = error is Errno.EBADFD ? 0 : error;
    }

    private static Unsupported Failed(int error) =>
        new(
            $"the file rules of a sandbox ({Errno.Name(error)})",
            "A security module or a filter refuses them; osl doctor shows what is there."
        );

    private static Unsupported TooMany() =>
        new(
            $"a sandbox beside directories of Osl's own with more than {MostRules} other entries, each of which is granted by itself",
            "Name the paths that it needs, or keep Osl's directories elsewhere (--audit-dir, XDG_STATE_HOME)."
        );
}
