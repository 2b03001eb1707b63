using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;
using System.Runtime.InteropServices;

/// <summary>The children of the contract on Windows: what tests/integration/Contract/Children.cs asks for, by the same names.</summary>
internal static class Contained
{
    /// <summary>By which it can be told who waited to the end: under Wine, who is ended by Ctrl-C ends with 0.</summary>
    private const int WaitedOut = 3;

    /// <summary>What "waits" means: until it is ended, or so long. Nothing sets it.</summary>
    private static readonly ManualResetEvent Never = new(initialState: false);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    /// <summary>Each argument and then the variable, if it has a name; '|' after each.</summary>
    internal static int Print(string variable, IEnumerable<string> arguments)
    {
        using var output = Console.OpenStandardOutput();
        foreach (var text in variable.Length == 0 ? arguments : arguments.Append(Environment.GetEnvironmentVariable(variable)))
        {
            output.Write(System.Text.Encoding.UTF8.GetBytes(text + "|"));
        }

        return 0;
    }

    internal static int SayTwice(string variable)
    {
        Say(Environment.GetEnvironmentVariable(variable) ?? "none");
        using var child = Self("variables", variable);
        child.WaitForExit();
        return child.ExitCode;
    }

    internal static int Touch(string file)
    {
        File.Create(file).Dispose();
        return 0;
    }

    internal static int WaitReady()
    {
        Say("ready");
        return Never.WaitOne(Long) ? 0 : WaitedOut;
    }

    internal static int Stubborn(string line)
    {
        // Ctrl-C and Ctrl-Break, as .NET calls them.
        using var first = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        using var second = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, context => context.Cancel = true);
        Say(line);
        return Never.WaitOne(Long) ? 0 : WaitedOut;
    }

    internal static int Polite(int code)
    {
        using var first = PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Environment.Exit(code));
        using var second = PosixSignalRegistration.Create(PosixSignal.SIGQUIT, _ => Environment.Exit(code));
        Say("ready");
        while (Console.In.Read() >= 0)
        {
            // Until nobody can write any more.
        }

        return 1;
    }

    internal static int Parent(int children, bool stay)
    {
        for (var i = 0; i < children; i++)
        {
            _ = Waiter.Start();
        }

        Say("ready");
        if (stay)
        {
            _ = Never.WaitOne(Long);
        }

        return 0;
    }

    /// <summary>One that has <paramref name="width"/> nodes below it, each of which has two, and so on; ready when they are.</summary>
    internal static int Tree(int depth, int width)
    {
        var below = new List<Process>();
        for (var i = 0; depth > 0 && i < width; i++)
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!, ["node", Text(depth - 1)])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
            };
            below.Add(Process.Start(start)!);
        }

        foreach (var node in below)
        {
            if (!string.Equals(node.StandardOutput.ReadLine(), "ready", StringComparison.Ordinal))
            {
                return 1;
            }
        }

        return WaitReady();
    }

    internal static int Ring(string pipe, string file)
    {
        File.WriteAllText(file, $"{Environment.ProcessId} {Waiter.Start()}");
        using (var bell = new NamedPipeClientStream(".", Path.GetFileName(pipe), PipeDirection.Out))
        {
            bell.Connect();
            bell.Write("ready\n"u8);
        }

        return Never.WaitOne(Long) ? 0 : WaitedOut;
    }

    internal static int LeaveBehind()
    {
        Say(Text(Waiter.Start()));
        return 0;
    }

    /// <summary>Its priority class and its processors.</summary>
    internal static int SayScheduling()
    {
        using var self = Process.GetCurrentProcess();
        var processors = OperatingSystem.IsWindows() || OperatingSystem.IsLinux() ? self.ProcessorAffinity : 0;
        Say($"{self.PriorityClass} {processors}");
        return 0;
    }

    /// <summary>Takes memory and writes to all of it.</summary>
    internal static unsafe int Take(int megabytes)
    {
        for (var i = 0; i < megabytes; i++)
        {
            const int Megabyte = 1 << 20;
            new Span<byte>(NativeMemory.Alloc(Megabyte), Megabyte).Fill(1);
        }

        Say("taken");
        return 0;
    }

    private static void Say(string line) => Console.WriteLine(line);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static Process Self(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments) { UseShellExecute = false })!;
}
