using System.Globalization;

namespace Osl.Interop.Linux;

/// <summary>
/// The children of this process's first thread: those it has started itself, those of threads that have ended, and everybody that it has adopted
/// (the kernel gives orphans to a process's first thread).
/// </summary>
internal static class ChildList
{
    private static readonly string Path = string.Create(CultureInfo.InvariantCulture, $"/proc/self/task/{Environment.ProcessId}/children");

    /// <summary>Not a snapshot: who ends meanwhile may hide another one. Empty where /proc can't be read now.</summary>
    internal static List<int> Read()
    {
        var children = new List<int>();
        string text;
        try
        {
            text = File.ReadAllText(Path);
        }
        catch (FileNotFoundException)
        {
            // Without CONFIG_PROC_CHILDREN.
            ReadAll(children);
            return children;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return children;
        }

        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (int.TryParse(word, CultureInfo.InvariantCulture, out var pid))
            {
                children.Add(pid);
            }
        }

        return children;
    }

    private static void ReadAll(List<int> children)
    {
        var pids = PidList.Open();
        try
        {
            while (pids.MoveNext())
            {
                if (ProcLine.TryRead(pids.Current, out var line, out _) && line.ParentPid == Environment.ProcessId)
                {
                    children.Add(line.Pid);
                }
            }
        }
        finally
        {
            pids.Dispose();
        }
    }
}
