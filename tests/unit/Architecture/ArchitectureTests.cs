using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Osl.Tests.Unit.Architecture;

/// <summary>The rooms of the house, and which way one looks from each (adr/0001 and on say why).</summary>
public sealed partial class ArchitectureTests
{
    private const int MostLines = 420;

    /// <summary>What each project may know of ours. A project that is missing here may know nothing.</summary>
    private static readonly Dictionary<string, string[]> MayKnow = new(StringComparer.Ordinal)
    {
        ["Osl.Operations"] = [],
        ["Osl.Interop"] = [],
        ["Osl.Security"] = ["Osl.Operations", "Osl.Interop"],
        ["Osl.Executors"] = ["Osl.Operations", "Osl.Interop"],
        ["Osl.Supervision"] = ["Osl.Operations"],
        ["Osl.Testing"] = ["Osl.Operations"],
        ["Osl.Hosting"] = ["Osl.Operations", "Osl.Interop", "Osl.Security", "Osl.Executors", "Osl.Supervision"],
        ["Osl.Extensions.Hosting"] = ["Osl.Operations", "Osl.Security", "Osl.Supervision", "Osl.Hosting"],
        ["Osl.Cli"] = ["Osl.Operations", "Osl.Interop", "Osl.Security", "Osl.Executors", "Osl.Supervision", "Osl.Hosting"],
    };

    /// <summary>
    /// What the rooms of the fallback may call: POSIX.1-2017's, and wait4(2) and poll(2), which macOS and the BSDs have too.
    /// </summary>
    private static readonly string[] Posix = ["Close", "Fcntl", "GetPgrp", "Kill", "Pipe", "PollMany", "Read", "Wait4", "Waitid", "Write"];

    /// <summary>What the rooms of the fallback may use of Linux's, in order; each is in adr/0041-posix-fallback.md with what a port has to bring for it.</summary>
    private static readonly string[] FromLinux =
    [
        "ChildPipes",
        "ChildStatus",
        "Descriptor",
        "DescriptorReserve",
        "Enclosure",
        "ExecutableResolver",
        "GroupIdentity",
        "GroupPin",
        "Guardian",
        "HostEnds",
        "IStoppable",
        "Libc",
        "LinuxCapabilities",
        "LinuxErrors",
        "LinuxGroups",
        "LinuxProcessTable",
        "OutOfDescriptorsException",
        "OutputFiles",
        "OutputPumps",
        "OwnChildren",
        "ProcLine",
        "ProgramNames",
        "ProtectedTargets",
        "ReapOutcome",
        "SignalDispositions",
        "SpawnCall",
        "SpawnErrors",
        "TerminalJob",
        "TerminalLoan",
    ];

    public static TheoryData<string> Projects =>
        [.. Directory.GetDirectories(Repository.PathOf("src")).Select(path => Path.GetFileName(path)!)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_refers_to_what_it_may_know_only(string project)
    {
        var references = XDocument
            .Load(Repository.PathOf("src", project, $"{project}.csproj"))
            .Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
        AssertMayKnow(project, references);
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void An_assembly_uses_what_it_may_know_only(string project)
    {
        var assembly = Assembly.Load(string.Equals(project, "Osl.Cli", StringComparison.Ordinal) ? "osl" : project);
        AssertMayKnow(
            project,
            assembly.GetReferencedAssemblies().Select(name => name.Name!).Where(name => name.StartsWith("Osl.", StringComparison.Ordinal))
        );
    }

    [Fact]
    public void Policy_and_audit_never_know_how_things_run_nor_the_other_way()
    {
        Assert.DoesNotContain("Osl.Executors", MayKnow["Osl.Security"], StringComparer.Ordinal);
        Assert.DoesNotContain("Osl.Security", MayKnow["Osl.Executors"], StringComparer.Ordinal);
    }

    [Fact]
    public void The_fallback_makes_no_call_that_is_linuxs_alone()
    {
        var calls =
            from path in Sources()
            where Path.GetFileName(Path.GetDirectoryName(path)) is "Posix"
            from Match call in NativeCall().Matches(File.ReadAllText(path))
            select call.Groups["name"].Value;
        var made = calls.Distinct(StringComparer.Ordinal).ToArray();
        Assert.Contains("Waitid", made, StringComparer.Ordinal);
        Assert.Empty(made.Except(Posix, StringComparer.Ordinal));
    }

    /// <summary>Beyond its own calls: what it takes from Linux's rooms calls what it likes, and is what a port has to bring.</summary>
    [Fact]
    public void The_fallback_takes_from_linuxs_rooms_what_a_port_is_told_to_bring_and_nothing_else()
    {
        var port = File.ReadAllText(Repository.PathOf("adr", "0041-posix-fallback.md"));
        var used = new[] { "Osl.Executors", "Osl.Interop" }
            .SelectMany(name => Assembly.Load(name).GetTypes())
            .Where(type => type.Namespace?.EndsWith(".Posix", StringComparison.Ordinal) == true)
            .SelectMany(TypeUses.Of)
            .Where(type => type.Namespace is "Osl.Executors.Linux" or "Osl.Interop.Linux")
            .Select(type => type.Name)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToArray();
        Assert.Equal(FromLinux, used, StringComparer.Ordinal);
        Assert.All(FromLinux, name => Assert.Contains($"`{name}`", port, StringComparison.Ordinal));
    }

    [Fact]
    public void No_source_file_is_two_rooms() =>
        Assert.Empty(
            Sources().Where(path => File.ReadLines(path).Count() > MostLines).Select(path => Path.GetRelativePath(Repository.Root, path))
        );

    [Fact]
    public void Every_page_that_the_code_cites_is_there()
    {
        var missing =
            from path in Sources()
            from Match citation in Citation().Matches(File.ReadAllText(path))
            where !File.Exists(Repository.PathOf(citation.Value))
            select $"{Path.GetFileName(path)} cites {citation.Value}";
        Assert.Empty(missing.Distinct(StringComparer.Ordinal));
    }

    private static void AssertMayKnow(string project, IEnumerable<string> known)
    {
        var forbidden = known.Except([project, .. MayKnow.GetValueOrDefault(project, [])], StringComparer.Ordinal).ToArray();
        Assert.Empty(forbidden);
    }

    private static IEnumerable<string> Sources() =>
        Directory
            .EnumerateFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Replace('\\', '/').Split('/').Any(part => part is "obj" or "bin"));

    [GeneratedRegex(@"\b(?:Posix)?Libc\.(?<name>[A-Z][A-Za-z0-9]*)\(", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NativeCall();

    [GeneratedRegex(@"\b(?:adr|knowledge)/[A-Za-z0-9._-]+\.md", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Citation();
}
