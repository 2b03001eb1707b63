using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

/// <summary>Verbs that speak of Win32, for the tests of the Windows executor.</summary>
internal static partial class WindowsVerbs
{
    internal const string Usage =
        " | args-utf16 ARG... | on-break CODE | ignore-break | children N | leave-children N | stay FILE | breakaway | handle NUMBER | flags | env-utf16";

    internal static int? Run(string verb, string[] rest) =>
        verb switch
        {
            "args-utf16" => SayHex(rest),
            "env-utf16" => SayHex(EnvironmentVariables()),
            "on-break" => OnBreak(int.Parse(rest[0], CultureInfo.InvariantCulture)),
            "ignore-break" => OnBreak(null),
            "children" => Children(int.Parse(rest[0], CultureInfo.InvariantCulture), stay: true),
            "leave-children" => Children(int.Parse(rest[0], CultureInfo.InvariantCulture), stay: false),
            "forever" => Forever(),
            "stay" => Stay(rest[0]),
            "breakaway" => Breakaway(),
            "handle" => Handle(nint.Parse(rest[0], CultureInfo.InvariantCulture)),
            "flags" => Flags(),
            _ => null,
        };

    // Whatever the console's code page is, digits arrive.
    private static int SayHex(IEnumerable<string> texts)
    {
        foreach (var text in texts)
        {
            Console.WriteLine("=" + string.Concat(text.Select(unit => ((int)unit).ToString("X4", CultureInfo.InvariantCulture))));
        }

        return 0;
    }

    private static IEnumerable<string> EnvironmentVariables() =>
        Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().Select(entry => $"{entry.Key}={entry.Value}");

    private static int OnBreak(int? code)
    {
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            if (code is { } known)
            {
                Environment.Exit(known);
            }

            Console.WriteLine("ignored");
        };
        return Wait();
    }

    private static int Wait()
    {
        Console.WriteLine("ready");
        while (Console.In.Read() >= 0)
        {
            // Until nobody can write any more.
        }

        return 0;
    }

    // They share our input and output, and each says "ready".
    private static int Children(int count, bool stay)
    {
        for (var i = 0; i < count; i++)
        {
            using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["ready"]) { UseShellExecute = false });
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"child {child!.Id}"));
        }

        return stay ? Wait() : 0;
    }

    // Writes the pid of a child to a file, then says that it has, and waits to be ended, both of them.
    private static int Stay(string file)
    {
        using var child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["forever"]) { UseShellExecute = false });
        File.WriteAllText(file, child!.Id.ToString(CultureInfo.InvariantCulture));
        File.WriteAllText(file + ".done", "");
        return Forever();
    }

    private static int Forever()
    {
        using var never = new ManualResetEvent(false);
        return never.WaitOne() ? 0 : 1;
    }

    private static unsafe int Breakaway()
    {
        const uint BreakawayFromJob = 0x01000000;
        var startup = stackalloc nint[13];
        startup[0] = 13 * sizeof(nint);
        var information = stackalloc nint[3];
        var line = new char[1024];
        $"\"{Environment.ProcessPath}\" ready".CopyTo(line);
        fixed (char* start = line)
        {
            var done = CreateProcess(null, start, 0, 0, 0, BreakawayFromJob, 0, null, startup, information);
            Console.WriteLine(
                done != 0
                    ? $"started {(int)information[2]}"
                    : $"refused {Marshal.GetLastPInvokeError().ToString(CultureInfo.InvariantCulture)}"
            );
        }

        return Wait();
    }

    private static int Handle(nint number)
    {
        Console.WriteLine(GetHandleInformation(number, out _) != 0 ? "there" : "none");
        return 0;
    }

    // What the process was given: priority class, processors, console.
    private static unsafe int Flags()
    {
        using var self = Process.GetCurrentProcess();
        uint pid = 0;
        var console = GetConsoleProcessList(&pid, 1);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{self.PriorityClass} {(OperatingSystem.IsWindows() ? self.ProcessorAffinity : 0)} {(console > 0 ? "console" : "none")}"
            )
        );
        return 0;
    }

    [LibraryImport("kernel32.dll", EntryPoint = "CreateProcessW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static unsafe partial int CreateProcess(
        string? application,
        char* line,
        nint processSecurity,
        nint threadSecurity,
        int inherit,
        uint flags,
        nint environment,
        string? directory,
        void* startup,
        void* information
    );

    [LibraryImport("kernel32.dll", EntryPoint = "GetHandleInformation", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int GetHandleInformation(nint handle, out uint flags);

    [LibraryImport("kernel32.dll", EntryPoint = "GetConsoleProcessList")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static unsafe partial uint GetConsoleProcessList(uint* pids, uint count);
}
