using System.Globalization;

namespace Osl.Tests.SpawnHost;

/// <summary>What this program holds, as /proc tells it.</summary>
internal static class HostState
{
    /// <summary>How many descriptors it has, apart from those of the assemblies that the runtime has loaded, when it liked.</summary>
    internal static int Descriptors() => Held().Count(each => !each.EndsWith(".dll", StringComparison.Ordinal));

    /// <summary>What its descriptors lead to.</summary>
    internal static IEnumerable<string> Held() =>
        new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos().Select(link => link.LinkTarget ?? "");

    /// <summary>The names of its threads.</summary>
    internal static List<string> Threads() =>
        [.. Each("/proc/self/task").Select(task => Read(task + "/comm").TrimEnd()).Where(name => name.Length > 0)];

    /// <summary>The states of its children: Z is one that nobody has reaped.</summary>
    internal static List<char> Children() =>
        [
            .. Each("/proc/self/task")
                .SelectMany(task => Read(task + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Select(pid => Read($"/proc/{int.Parse(pid, CultureInfo.InvariantCulture)}/stat"))
                .Where(stat => stat.Length > 0)
                .Select(stat => stat.Split(") ")[^1][0]),
        ];

    private static string[] Each(string directory) => Directory.GetDirectories(directory);

    /// <summary>Nothing when it has ended meanwhile.</summary>
    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }
}
