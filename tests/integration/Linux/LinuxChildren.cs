using System.Diagnostics;
using System.Globalization;
using System.Runtime.Versioning;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Tests.Integration.Contract;

namespace Osl.Tests.Integration.Linux;

/// <summary>By the shell and the usual tools: a process of .NET takes fifty times as long to start.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class LinuxChildren(string scratch) : Children(scratch)
{
    private const string WaitForEver = "while :; do sleep 600; done";

    /// <summary>Three levels: the leader, two below it, two below each of those; says ready when all are there.</summary>
    private const string TreeScript = """
        node() { if [ "$1" -gt 0 ]; then node $(($1 - 1)) & node $(($1 - 1)) & fi; echo up; wait; read forever < /dev/null; sleep 600; }
        mkfifo "$0"; { node 2 > "$0" & }; n=0; while [ $n -lt 7 ] && read up; do n=$((n + 1)); done < "$0"; echo ready; wait
        """;

    public override ValueList<string> SearchPath => ["/usr/bin", "/bin"];

    public override string Elsewhere => "/usr";

    public override string MissingProgram => "/no/such/program";

    public override string Home => "HOME";

    public override int SystemProcess => 1;

    /// <summary>Beyond the largest pid that Linux can give (PID_MAX_LIMIT, 2^22).</summary>
    public override int Nobody => 5_000_000;

    public override int OwnGroup
    {
        get
        {
            var stat = File.ReadAllText("/proc/self/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[2], CultureInfo.InvariantCulture);
        }
    }

    public override int Hundreds => 300;

    public override string TooManyArguments => "E2BIG";

    public override TimeSpan Moment => TimeSpan.FromMilliseconds(300);

    public override IReadOnlyList<SpawnProcessOperation> NotYet()
    {
        var plain = Nothing.Spawn();
        return [plain.WithProcessGroup(4711) with { Containment = Containment.Cgroup }];
    }

    public override Child Exit(int code) => Script($"exit {code}");

    public override Child EndBySignal(string name) => Script($"kill -s {name} $$");

    public override Child Say(string output, string error) => Script("echo \"$1\"; echo \"$2\" >&2", output, error);

    public override Child PrintArguments(IEnumerable<Argument> arguments, string? variable = null) =>
        Script(
            "for a in \"$@\"; do printf '%s|' \"$a\"; done" + (variable is null ? "" : $"; printf '%s|' \"${variable}\""),
            [.. arguments]
        );

    public override Child Print(int bytes) => Script($"head -c {bytes} /dev/zero");

    public override Child Copy(string? end = null) => end is null ? new("/bin/cat") : Script("cat; echo \"$1\"", end);

    public override Child PrintVariables(params string[] names) =>
        Script(string.Join("; ", names.Select(name => $"echo \"${{{name}-none}}\"")));

    public override Child PrintEnvironment() => new("/usr/bin/env");

    public override Child PrintVariableTwice(string name) => Script($"echo ${name}; sh -c 'echo ${name}'; exit $?");

    public override Child PrintDirectory() => Script("pwd -P");

    public override Child Touch(string file) => new("/usr/bin/touch", [file]);

    public override int WaitedOut => 0;

    public override Child Wait() => Script("echo ready; exec sleep 600");

    public override Child Stubborn(string line = "ready") => Script($"trap '' TERM; echo \"$1\"; {WaitForEver}", line);

    public override Child Polite(int code) => Script($"trap 'exit {code}' TERM; echo ready; while :; do read -r line || exit 1; done");

    public override Child Parent(int children) => Script($"{Start(children)}; echo ready; wait");

    public override Child DeadParent(int children) => Script($"{Start(children)}; echo ready");

    public override Child Tree() => new("/bin/sh", ["-c", TreeScript, NewName("tree")]);

    public override Child Ring(Doorbell bell, string file) =>
        Script("sleep 600 & echo $$ $! > \"$1\"; echo ready > \"$2\"; wait", file, bell.Path);

    public override Child LeaveBehind() => Script("sleep 600 & echo $!");

    public override Child Escape()
    {
        var fifo = NewName("escaping");
        return Script(
            $"mkfifo {fifo}; setsid sh -c 'echo up > {fifo}; exec sleep 600' >/dev/null 2>&1 & until [ -p {fifo} ]; do :; done; read up < {fifo}"
        );
    }

    public override Child Scheduling() => Script("echo $(nice) $(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)");

    public override (string Plain, string Lower) Scheduled => ("0 ", "10 0\n");

    /// <summary>tail(1) keeps in memory what it is to print at the end.</summary>
    public override Child Take(int megabytes) =>
        Script(
            $"n=$(head -c {megabytes}M /dev/zero | tail -c {megabytes}M | wc -c); [ \"$n\" -eq $(({megabytes} * 1048576)) ] && echo taken"
        );

    public override Doorbell Bell() => new Fifo(NewName("bell"));

    public override async Task<string> WriteProgramAsync(string path)
    {
        await File.WriteAllTextAsync(path, "#!/bin/sh\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return Path.GetFileName(path);
    }

    public override Process StartForeign() => Process.Start("/usr/bin/setsid", ["--wait", "/bin/sleep", "600"]);

    public override bool IsAlive(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1][0] is not ('Z' or 'X');
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException e) when (e.HResult == Gone)
        {
            return false;
        }
    }

    public override IEnumerable<string> WithoutTheSystems(IEnumerable<string> variables) => variables;

    public override void AssertEndedBy(Signal signal, ExitStatus? status) => Assert.Equal(signal, status!.Signal);

    public override int Rounds(int wanted) => wanted;

    /// <summary>ESRCH: it ended between the opening of its file and the reading.</summary>
    private const int Gone = 3;

    private static string Start(int children) =>
        children <= 2
            ? string.Join(" ", Enumerable.Repeat("sleep 600 &", children)) + " :"
            : $"i=0; while [ $i -lt {children} ]; do sleep 600 & i=$((i + 1)); done";

    private static Child Script(string script, params Argument[] arguments) => new("/bin/sh", ["-c", script, "sh", .. arguments]);

    private string NewName(string what) => Path.Combine(Scratch, $"{what}-{Guid.NewGuid():N}");
}
