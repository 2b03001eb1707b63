using System.Runtime.InteropServices;
using Osl.Interop.Files;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>The paths that a child is given: of what was judged, held open (knowledge/judged-is-run.md).</summary>
/// <param name="Program">What it executes.</param>
/// <param name="Directory">Where it goes before.</param>
/// <param name="OpenProgram">What it opens as <see cref="ProgramNames.ChildDescriptor"/>, so that Program leads there; empty for nothing.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LaunchPaths(string Program, string Directory, string OpenProgram)
{
    internal static LaunchPaths Of(LaunchPlan plan, ProgramNames names)
    {
        var facts = plan.Executable.Facts;
        var byPath = plan.ByRealPath ? facts.CanonicalPath : facts.Path;
        if (plan.Executable is not LinuxExecutableLease lease)
        {
            return new LaunchPaths(byPath, plan.WorkingDirectory, "");
        }

        var directory = lease.Directory is >= 0 and var held ? Descriptor.ProcPath(held) : plan.WorkingDirectory;
        if (!lease.RunsByDescriptor || lease.Descriptor < 0)
        {
            return new LaunchPaths(byPath, directory, "");
        }

        if (plan.Account is not null)
        {
            // The links are ours alone: another account can't use them. Whoever could replace what lies on a trusted path needs no
            // such detour.
            return TrustedPath.Examine(facts.CanonicalPath).IsTrusted
                ? new LaunchPaths(facts.CanonicalPath, directory, "")
                : new LaunchPaths(ProgramNames.Target, directory, Descriptor.ProcPath(lease.Descriptor));
        }

        // Without closefrom, our own number reaches the child under the same one, close-on-exec as it is.
        var own = Descriptor.ProcPath(lease.Descriptor);
        return LibcExtensions.HasAddCloseFrom
            ? new LaunchPaths(names.PathFor(facts.Path), directory, own)
            : new LaunchPaths(own, directory, "");
    }
}
