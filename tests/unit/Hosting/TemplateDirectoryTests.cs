using Osl.Hosting.Templates;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;
using Xunit;

namespace Osl.Tests.Unit.Hosting;

public sealed class TemplateDirectoryTests : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("osl-templates-").FullName;
    private readonly TemplateDirectory _directory;

    public TemplateDirectoryTests() => _directory = new TemplateDirectory(_path);

    public void Dispose() => Directory.Delete(_path, recursive: true);

    private string Put(string file, string text)
    {
        var path = Path.Combine(_path, file);
        File.WriteAllText(path, text);
        return path;
    }

    [Fact]
    public void A_template_says_what_and_when()
    {
        Put(
            "web.yaml",
            """
            version: 1
            name: web
            program: /usr/sbin/nginx
            arguments: [-c, "/srv/web.conf", -g, "daemon off;"]
            directory: /srv
            environment:
              LANG: C
            runOnStartup: true
            notify: true
            restart:
              when: always
              initialDelay: 100ms
              maxRestarts: unlimited
              window: never
            stop: {signal: QUIT, grace: 5s}
            output: {file: /srv/web.log, rotateSize: 10MiB, rotateCount: 3}
            error: same
            affinity: [0, 1]
            nice: 5
            umask: "027"
            containment: session
            """
        );
        var template = _directory.Load("web").AsT0;
        Assert.Equal(("web", true, true), (template.Name, template.RunOnStartup, template.Notify));
        var spawn = template.Spawn;
        Assert.Equal("/usr/sbin/nginx", spawn.Program);
        Assert.Equal<Argument>(["-c", "/srv/web.conf", "-g", "daemon off;"], spawn.Arguments);
        Assert.Equal(ProcessGroupPlacement.NewGroup, spawn.ProcessGroup.Placement);
        Assert.Equal(StopSequence.Starting(Signal.FromNumber(3), TimeSpan.FromSeconds(5)), spawn.StopSequence);
        Assert.Equal(StandardOutputConfig.ToRotatedFile("/srv/web.log", 10 << 20, 3), spawn.StandardOutput);
        Assert.Equal(StandardOutputKind.SameAsOutput, spawn.StandardError.Kind);
        Assert.Equal((5, 23, Containment.Session), (spawn.Nice, spawn.Umask, spawn.Containment));
        Assert.Equal<int>([0, 1], spawn.CpuAffinity);
        Assert.Equal(RestartWhen.Always, template.Restart.When);
        Assert.Null(template.Restart.MaxRestarts);
        Assert.Null(template.Restart.Window);
        // And written, it is read as the same.
        File.Delete(Path.Combine(_path, "web.yaml"));
        Assert.Null(_directory.Save(template));
        Assert.Equal(template, _directory.Load("web").AsT0);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_path, "web.yaml")));
        }
    }

    [Theory]
    [InlineData("programm: sleep", 2, 1)]
    [InlineData("name: web", 1, 1)]
    [InlineData("program: sleep\nname: ../web", 3, 7)]
    [InlineData("program: sleep\nname: a..b", 3, 7)]
    [InlineData("program: sleep\nname: a/b", 3, 7)]
    [InlineData("program: sleep\nname: other", 3, 7)]
    [InlineData("program: sleep\ntimeLimit: soon", 3, 12)]
    [InlineData("program: sleep\nrestart: {initialDelay: 5 minutes}", 3, 25)]
    [InlineData("program: sleep\nrestart: {factor: 0}", 3, 10)]
    [InlineData("program: sleep\nrestarts: -1", 3, 11)]
    [InlineData("program: sleep\nrestarts: 1\nrestart: {when: always}", 4, 10)]
    [InlineData("program: sleep\nstop: {signal: NONE}", 3, 16)]
    [InlineData("program: sleep\ndetach: yes", 3, 9)]
    [InlineData("program: sleep\noutput: pipe", 3, 9)]
    [InlineData("program: sleep\nnice: 99", 3, 7)]
    [InlineData("program: sleep\nprogram: cat", 3, 1)]
    [InlineData("program: \"\"", 2, 10)]
    [InlineData("program: sleep\numask: 999", 3, 8)]
    [InlineData("program: sleep\ncontainment: jail", 3, 14)]
    [InlineData("program: sleep\ncontainment: pid-namespace", 3, 14)]
    public void What_is_wrong_is_said_with_its_place_and_refuses_all(string text, int line, int column)
    {
        Put("good.yaml", "version: 1\nprogram: sleep\nrunOnStartup: true");
        var file = Put("web.yaml", $"version: 1\n{text}\n");
        var refused = Assert.IsType<ValidationFailed>(_directory.LoadAll().AsT1);
        Assert.Contains(refused.Failures, failure => failure.StartsWith($"{file}:{line}:{column}: ", StringComparison.Ordinal));
        Assert.Equal("Correct the file.", refused.Remedy);
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void What_can_not_be_read_is_said_in_words()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The modes of files are meant.");
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "Root reads every file.");
        File.SetUnixFileMode(Put("web.yaml", "version: 1\nprogram: sleep\n"), UnixFileMode.None);
        var refused = Assert.IsType<ValidationFailed>(_directory.LoadAll().AsT1);
        Assert.Contains("the file can't be read (permission denied)", Assert.Single(refused.Failures), StringComparison.Ordinal);
        Assert.Equal("Let this account read the file.", refused.Remedy);
        File.SetUnixFileMode(Path.Combine(_path, "web.yaml"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Theory]
    [InlineData("../web")]
    [InlineData("/etc/passwd")]
    [InlineData("a..b")]
    [InlineData("")]
    [InlineData(".hidden")]
    [InlineData("a b")]
    public void No_name_leads_out_of_the_directory(string name)
    {
        Assert.IsType<ValidationFailed>(_directory.Load(name).AsT1);
        Assert.IsType<ValidationFailed>(_directory.Save(new ProcessTemplate(name, new SpawnProcessOperation("sleep"))));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_path));
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void What_others_can_change_is_not_used()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The modes of files are meant.");
        var file = Put("web.yaml", "version: 1\nprogram: sleep\n");
        Assert.Single(_directory.LoadAll().AsT0);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        Assert.Equal($"Take that away: chmod go-w '{file}'.", Assert.IsType<ValidationFailed>(_directory.LoadAll().AsT1).Remedy);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.CreateSymbolicLink(Path.Combine(_path, "link.yaml"), file);
        Assert.IsType<ValidationFailed>(_directory.LoadAll().AsT1);
        File.Delete(Path.Combine(_path, "link.yaml"));
        Assert.Single(_directory.LoadAll().AsT0);
        var mode = File.GetUnixFileMode(_path);
        File.SetUnixFileMode(_path, mode | UnixFileMode.OtherWrite);
        Assert.Equal($"Take that away: chmod go-w '{_path}'.", Assert.IsType<ValidationFailed>(_directory.LoadAll().AsT1).Remedy);
        File.SetUnixFileMode(_path, mode);
        var link = _path + "-link";
        Directory.CreateSymbolicLink(link, _path);
        try
        {
            Assert.IsType<ValidationFailed>(new TemplateDirectory(link).LoadAll().AsT1);
        }
        finally
        {
            Directory.Delete(link);
        }
    }

    [Theory]
    [InlineData("", Containment.None)]
    [InlineData("containment: group", Containment.Group)]
    [InlineData("containment: session", Containment.Session)]
    [InlineData("containment: cgroup", Containment.Cgroup)]
    [InlineData("containment: pidns", Containment.PidNamespace)]
    public void A_containment_is_read_and_written_by_its_word(string line, Containment containment)
    {
        Put("web.yaml", $"version: 1\nprogram: sleep\n{line}\n");
        var template = _directory.Load("web").AsT0;
        Assert.Equal(containment, template.Spawn.Containment);
        Assert.Null(_directory.Save(template));
        Assert.Equal(template, _directory.Load("web").AsT0);
        Assert.Contains(line, File.ReadAllText(Path.Combine(_path, "web.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    public void What_can_not_be_written_without_loss_is_refused()
    {
        var spawn = new SpawnProcessOperation("sleep").WithNewProcessGroup().WithStandardInput(StandardInputKind.Null);
        Assert.Null(_directory.Save(new ProcessTemplate("plain", spawn)));
        Assert.NotNull(_directory.Save(new ProcessTemplate("secret", spawn.WithArgument(Argument.Secret("hush")))));
        Assert.NotNull(_directory.Save(new ProcessTemplate("pipe", spawn.WithStandardOutput(StandardOutputConfig.Pipe))));
        Assert.NotNull(_directory.Save(new ProcessTemplate("limits", spawn with { Limits = new ResourceLimits { OpenFiles = 64 } })));
        Assert.Equal("plain.yaml", Path.GetFileName(Assert.Single(Directory.EnumerateFiles(_path))));
    }

    [Fact]
    public void Files_of_other_kinds_are_passed_over_and_one_that_is_nearly_one_is_refused()
    {
        Put("README", "text");
        Put("web.yaml~", "text");
        Assert.Empty(_directory.LoadAll().AsT0);
        Put("web.yml", "version: 1\nprogram: sleep\n");
        Assert.IsType<ValidationFailed>(_directory.LoadAll().AsT1);
    }

    [Fact]
    public void Any_text_is_a_template_or_refused()
    {
        var random = new Random(20261121);
        var words = TemplateReader
            .RootKeys.Concat(["{", "}", "[", "]", ": ", "\n", "- ", "true", "5s", "sleep", "\"", "'", "&", "*", "|", "  "])
            .ToArray();
        for (var round = 0; round < 2000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => words[random.Next(words.Length)]));
            var read = TemplateReader.Read(text, "f", "web");
            Assert.True(read.IsT0 || read.AsT1.Problems.Count > 0);
        }
    }
}
