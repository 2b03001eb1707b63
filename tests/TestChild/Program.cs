using System.Globalization;
using System.Runtime.InteropServices;

// What the children of the contract do on Windows is in Contained; the rest works where a shell is.
//
// A child with verbs, for tests that need more than a shell gives. Each says "ready" when it is, and waits for the end of its input
// or a signal, never for a time. A .NET child takes some 50 ms to start: where /bin/sh and cat will do, use those.
Console.Out.NewLine = "\n";
Console.Error.NewLine = "\n";
var verb = args.Length > 0 ? args[0] : "";
var rest = args.Length > 1 ? args[1..] : [];
return verb switch
{
    "exit" => Number(0),
    "echo" => Say(string.Join(' ', rest)),
    "args" => SayEach(rest),
    "cat" => await Cat(),
    "ready" => Wait(),
    "ignore-term" => Ignoring(PosixSignal.SIGTERM),
    "ignore-hup" => Ignoring(PosixSignal.SIGHUP),
    "fork-tree" => ForkTree(Number(0), Number(1)),
    "setsid-escape" => Start("setsid", "sh", "-c", "echo $$; exec cat <&3"),
    "fill-pipe" => FillPipe(Number(0)),
    "print-env" => SayEach(Variables()),
    "signals" => SayEach(Status("Sig")),
    "fds" => SayEach(Descriptors()),
    "pgid" => Say(Stat(5)),
    "sid" => Say(Stat(6)),
    "cwd" => Say(Environment.CurrentDirectory),
    "say" => SayBoth(rest[0], rest[1]),
    "print" => Contained.Print(rest[0], rest[1..]),
    "cat-then" => await CatThen(rest[0]),
    "variables" => SayEach(rest.Select(name => Environment.GetEnvironmentVariable(name) ?? "none")),
    "variable-twice" => Contained.SayTwice(rest[0]),
    "touch" => Contained.Touch(rest[0]),
    "wait" => Contained.WaitReady(),
    "stubborn" => Contained.Stubborn(rest[0]),
    "polite" => Contained.Polite(Number(0)),
    "parent" => Contained.Parent(Number(0), stay: true),
    "dead-parent" => Contained.Parent(Number(0), stay: false),
    "tree" => Contained.Tree(Number(0), width: 1),
    "node" => Contained.Tree(Number(0), width: 2),
    "ring" => Contained.Ring(rest[0], rest[1]),
    "leave-behind" => Contained.LeaveBehind(),
    "scheduling" => Contained.SayScheduling(),
    "take" => Contained.Take(Number(0)),
    _ => WindowsVerbs.Run(verb, rest) ?? Usage(),
};

int Number(int at) => int.Parse(rest[at], NumberStyles.Integer, CultureInfo.InvariantCulture);

static int Usage()
{
    Console.Error.WriteLine(
        "testchild exit N | echo ARG... | args ARG... | cat | ready | ignore-term | ignore-hup | fork-tree DEPTH WIDTH | "
            + "setsid-escape | fill-pipe BYTES | print-env | signals | fds | pgid | sid | cwd | say OUT ERR | print VARIABLE ARG... | "
            + "cat-then LINE | variables NAME... | variable-twice NAME | touch FILE | wait | stubborn LINE | polite CODE | parent N | "
            + "dead-parent N | tree DEPTH | node DEPTH | ring PIPE FILE | leave-behind | scheduling | take MEGABYTES"
            + WindowsVerbs.Usage
    );
    return 64;
}

static int Say(string text)
{
    Console.WriteLine(text);
    return 0;
}

static int SayBoth(string output, string error)
{
    Console.WriteLine(output);
    Console.Error.WriteLine(error);
    return 0;
}

static async Task<int> CatThen(string line)
{
    _ = await Cat();
    return Say(line);
}

static int SayEach(IEnumerable<string> lines)
{
    foreach (var line in lines)
    {
        Console.WriteLine(line);
    }

    return 0;
}

static async Task<int> Cat()
{
    await using var input = Console.OpenStandardInput();
    await using var output = Console.OpenStandardOutput();
    await input.CopyToAsync(output);
    return 0;
}

static int Wait()
{
    Console.WriteLine("ready");
    while (Console.In.Read() >= 0)
    {
        // Until nobody can write any more.
    }

    return 0;
}

static int Ignoring(PosixSignal signal)
{
    using var ignored = PosixSignalRegistration.Create(signal, context => context.Cancel = true);
    return Wait();
}

// Shells, since a tree of .NET programs would take seconds. Everybody in it says "ready", and ends with the common input.
static int ForkTree(int depth, int width)
{
    const string Script =
        "exec 3<&0; grow() { if [ \"$1\" -gt 0 ]; then i=0; while [ $i -lt \"$2\" ]; do (grow $(($1 - 1)) \"$2\") & i=$((i + 1)); done; fi; echo ready; "
        + "if [ \"$1\" -gt 0 ]; then wait; else exec cat <&3; fi; }; grow \"$0\" \"$1\"";
    return Start("sh", "-c", Script, depth.ToString(CultureInfo.InvariantCulture), width.ToString(CultureInfo.InvariantCulture));
}

// The child shares our input as descriptor 3 too: a shell gives that.
static int Start(string program, params string[] arguments)
{
    using var process = System.Diagnostics.Process.Start("sh", ["-c", "exec 3<&0; exec \"$0\" \"$@\"", program, .. arguments]);
    process.WaitForExit();
    return process.ExitCode;
}

static int FillPipe(int bytes)
{
    using var output = Console.OpenStandardOutput();
    var block = new byte[64 * 1024];
    Array.Fill(block, (byte)'x');
    for (var left = bytes; left > 0; left -= block.Length)
    {
        output.Write(block, 0, Math.Min(left, block.Length));
    }

    return 0;
}

static IEnumerable<string> Variables() =>
    Environment
        .GetEnvironmentVariables()
        .Cast<System.Collections.DictionaryEntry>()
        .Select(entry => $"{entry.Key}={entry.Value}")
        .Order(StringComparer.Ordinal);

static IEnumerable<string> Status(string prefix) =>
    File.ReadLines("/proc/self/status").Where(line => line.StartsWith(prefix, StringComparison.Ordinal));

static IEnumerable<string> Descriptors() =>
    new DirectoryInfo("/proc/self/fd").GetFileSystemInfos().Select(fd => $"{fd.Name} -> {fd.LinkTarget}");

static string Stat(int field)
{
    var line = File.ReadAllText("/proc/self/stat");
    return line[(line.LastIndexOf(')') + 2)..].Split(' ')[field - 3];
}
