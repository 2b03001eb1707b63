using System.Globalization;
using System.IO.Pipes;

namespace Osl.Samples.ProcessGroups;

/// <summary>What the members of the two groups do.</summary>
internal static class Parts
{
    private const string Crashing = "crash-";
    private const string Taken = ".taken";

    /// <summary>The worker: doubles numbers for one gateway, until that leaves.</summary>
    internal static async Task ServeAsync(string pipe)
    {
        await using var server = new NamedPipeServerStream(
            pipe,
            PipeDirection.InOut,
            1,
            PipeTransmissionMode.Byte,
            PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly
        );
        await server.WaitForConnectionAsync();
        using var reader = new StreamReader(server, leaveOpen: true);
        await using var writer = new StreamWriter(server, leaveOpen: true) { AutoFlush = true };
        while (await reader.ReadLineAsync() is { } line)
        {
            await writer.WriteLineAsync((2 * int.Parse(line, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The gateway: asks the worker, whichever of the two was first.</summary>
    internal static async Task AskAsync(string pipe)
    {
        await using var client = new NamedPipeClientStream(
            ".",
            pipe,
            PipeDirection.InOut,
            PipeOptions.Asynchronous | PipeOptions.CurrentUserOnly
        );
        await client.ConnectAsync();
        using var reader = new StreamReader(client, leaveOpen: true);
        await using var writer = new StreamWriter(client, leaveOpen: true) { AutoFlush = true };
        foreach (var question in (string[])["1", "20", "300"])
        {
            await writer.WriteLineAsync(question);
            Console.WriteLine($"gateway: twice {question} is {await reader.ReadLineAsync()}");
        }
    }

    /// <summary>A directory of jobs, each a file; some of them make who takes them first fail.</summary>
    internal static string MakeJobs(int count, int crashing)
    {
        var directory = Directory.CreateTempSubdirectory("osl-sample-").FullName;
        for (var job = 1; job <= count; job++)
        {
            File.WriteAllText(Path.Combine(directory, $"{(job <= crashing ? Crashing : "")}{job}"), "");
        }

        return directory;
    }

    /// <summary>A worker of the pool: takes jobs until there are none, or one makes it fail.</summary>
    internal static int Work(string directory)
    {
        foreach (var job in Directory.GetFiles(directory).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(job);
            if (name.EndsWith(Taken, StringComparison.Ordinal) || !TryMove(job, job + Taken))
            {
                continue;
            }

            if (name.StartsWith(Crashing, StringComparison.Ordinal))
            {
                // The next worker gets it right.
                File.Move(job + Taken, Path.Combine(directory, name[Crashing.Length..]));
                return 1;
            }

            Console.WriteLine($"job {name} is done");
            File.Delete(job + Taken);
        }

        return 0;
    }

    /// <summary>One of all who try.</summary>
    private static bool TryMove(string from, string to)
    {
        try
        {
            File.Move(from, to);
            return true;
        }
        catch (IOException)
        {
            // Gone, or just being taken by another one.
            return false;
        }
    }
}
