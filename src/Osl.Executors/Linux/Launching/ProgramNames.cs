using System.Collections.Concurrent;
using Osl.Interop.Files;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>
/// Paths by which a child runs the program it has open, under the program's own name: links in a directory of ours that all lead to the
/// same descriptor. Run by <c>/proc/self/fd/3</c> itself, a process would be called <c>3</c> in ps(1) (knowledge/judged-is-run.md).
/// </summary>
/// <remarks>
/// A link holds nothing but its name, so hosts share the directory and nobody cleans it. Where it can't be used, the program runs
/// all the same, under the number.
/// </remarks>
internal sealed class ProgramNames(string? directory)
{
    /// <summary>The number under which the child holds its program open.</summary>
    internal const int ChildDescriptor = 3;

    /// <summary>Where the child finds its program without a link.</summary>
    internal static readonly string Target = Descriptor.ProcPath(ChildDescriptor);

    private readonly ConcurrentDictionary<string, string> _links = new(StringComparer.Ordinal);
    private readonly Lazy<bool> _usable = new(() => directory is not null && Prepare(directory));

    /// <summary>The path for a program that was found at another.</summary>
    internal string PathFor(string program)
    {
        var name = program[(program.LastIndexOf('/') + 1)..];
        return _links.TryGetValue(name, out var known) ? known : Make(name);
    }

    /// <summary>Whether a link that was given out has gone meanwhile; the number is given from then on.</summary>
    internal bool HasLost(string path)
    {
        if (string.Equals(path, Target, StringComparison.Ordinal) || LeadsToTarget(path))
        {
            return false;
        }

        _links[path[(path.LastIndexOf('/') + 1)..]] = Target;
        return true;
    }

    private string Make(string name)
    {
        if (name.Length == 0 || !_usable.Value)
        {
            return Target;
        }

        var path = $"{directory}/{name}";
        if (!LeadsToTarget(path))
        {
            try
            {
                File.CreateSymbolicLink(path, Target);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another host was quicker, or there is no room: the next look tells.
                return LeadsToTarget(path) ? _links[name] = path : Target;
            }
        }

        return _links[name] = path;
    }

    private static bool LeadsToTarget(string path) => string.Equals(Descriptor.LinkTarget(path), Target, StringComparison.Ordinal);

    private static bool Prepare(string directory)
    {
        if (OperatingSystem.IsWindows())
        {
            return false;
        }

        try
        {
            OwnerDirectory.Make(directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        // Who could put a link of his own there could choose what runs.
        return TrustedPath.Examine(directory).IsTrusted;
    }
}
