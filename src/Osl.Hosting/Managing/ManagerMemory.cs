using System.Buffers;
using System.Text.Json;
using Osl.Interop.Files;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Hosting.Managing;

/// <summary>What a manager has started under a name, as far as it knows.</summary>
/// <param name="Name">The template's name.</param>
/// <param name="Process">The process; null from before the start until it has come to something.</param>
/// <param name="Group">The group that was made for it; null when it has none.</param>
internal sealed record Remembered(string Name, ProcessRef? Process, GroupRef? Group);

/// <summary>
/// What runs, in a file, for the manager that comes after one that was killed. Written before a start as well as after it: so there is no process
/// that nothing speaks of. Each time whole, by a rename. Thread-safe.
/// </summary>
internal sealed class ManagerMemory
{
    private const int Longest = 16 << 20;

    private readonly Lock _gate = new();
    private readonly string _file;
    private readonly Dictionary<string, Remembered> _entries = new(StringComparer.Ordinal);

    /// <summary>Of whom somebody may be left, whatever is started by the name since: the next manager looks for them.</summary>
    private readonly List<Remembered> _apart = [];

    internal ManagerMemory(string file) => _file = file;

    /// <summary>What the manager before has left.</summary>
    /// <param name="Pid">That manager's pid; 0 when there was none.</param>
    /// <param name="Entries">What it ran.</param>
    internal sealed record Left(int Pid, IReadOnlyList<Remembered> Entries)
    {
        /// <summary>What he has started, as the registry has it under his pid, and is not known for another name: a start that nothing came of may be any of it.</summary>
        internal IEnumerable<GroupEntry> Unknown(IGroupRegistry registry)
        {
            var known = Entries.Select(entry => entry.Process).OfType<ProcessRef>().ToHashSet();
            return registry.Live().Where(found => found.HostPid == Pid && !found.Attached && !known.Contains(found.Process));
        }
    }

    /// <summary>Reads what was left. Fails closed: of a file that can't be read nobody knows what runs.</summary>
    internal OneOf<Left, OperationError> Read()
    {
        try
        {
            using var file = RegularFile.OpenToRead(_file);
            var length = RandomAccess.GetLength(file);
            if (length > Longest)
            {
                return Unreadable("it is too large");
            }

            var text = new byte[length];
            var read = 0;
            for (int count; read < length && (count = RandomAccess.Read(file, text.AsSpan(read), read)) > 0; read += count)
            {
                // A file is read in one piece as a rule.
            }

            using var document = JsonDocument.Parse(text.AsMemory(0, read));
            var root = document.RootElement;
            return new Left(root.GetProperty("manager").GetInt32(), [.. root.GetProperty("processes").EnumerateArray().Select(EntryOf)]);
        }
        catch (FileNotFoundException)
        {
            return new Left(0, []);
        }
        catch (NotRegularFileException)
        {
            return Unreadable("it is no regular file");
        }
        catch (Exception e)
            when (e
                    is JsonException
                        or IOException
                        or UnauthorizedAccessException
                        or InvalidOperationException
                        or KeyNotFoundException
                        or FormatException
            )
        {
            return Unreadable(FileFailure.Describe(e));
        }
    }

    /// <summary>Keeps an entry from now on.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    internal void Set(Remembered entry)
    {
        lock (_gate)
        {
            _entries[entry.Name] = entry;
            Write();
        }
    }

    /// <summary>Begins with what was taken up; all at once, so that a manager that is killed meanwhile leaves the old file or the new one.</summary>
    /// <exception cref="IOException">It could not be written.</exception>
    internal void Begin(IEnumerable<Remembered> running)
    {
        lock (_gate)
        {
            foreach (var entry in running)
            {
                _entries[entry.Name] = entry;
            }

            Write();
        }
    }

    /// <summary>Nothing of a name runs any more, unless it has been started again.</summary>
    /// <param name="name">The name.</param>
    /// <param name="process">What has ended; null for a start that came to nothing.</param>
    /// <exception cref="IOException">It could not be written.</exception>
    internal void Forget(string name, ProcessRef? process)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(name, out var entry) && entry.Process == process)
            {
                _entries.Remove(name);
                Write();
            }
        }
    }

    /// <summary>
    /// Somebody of it may be left, and the next start by the name must not cover that: a start that came to nobody knows what, or a process that
    /// has left survivors.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <param name="process">The process; null for a start.</param>
    /// <exception cref="IOException">It could not be written.</exception>
    internal void SetApart(string name, ProcessRef? process)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(name, out var entry) && entry.Process == process)
            {
                _entries.Remove(name);
                _apart.Remove(entry);
                _apart.Add(entry);
                Write();
            }
        }
    }

    private void Write()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("manager"u8, Environment.ProcessId);
            json.WriteStartArray("processes"u8);
            foreach (var entry in _entries.Values.Concat(_apart))
            {
                Write(json, entry);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        var temporary = _file + ".new";
        File.WriteAllBytes(temporary, buffer.WrittenSpan);
        File.Move(temporary, _file, overwrite: true);
    }

    private static void Write(Utf8JsonWriter json, Remembered entry)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, entry.Name);
        if (entry.Process is { } process)
        {
            json.WriteNumber("pid"u8, process.Pid);
            json.WriteNumber("start_time"u8, process.StartTime);
            json.WriteString("boot"u8, process.BootId);
            json.WriteNumber("pid_namespace"u8, process.PidNamespace);
        }

        if (entry.Group is { } group)
        {
            json.WriteString("operation"u8, group.Operation.ToString());
        }

        json.WriteEndObject();
    }

    private static Remembered EntryOf(JsonElement entry)
    {
        var process = entry.TryGetProperty("pid", out var pid)
            ? new ProcessRef(
                pid.GetInt32(),
                entry.GetProperty("start_time").GetInt64(),
                entry.GetProperty("boot").GetString()!,
                entry.GetProperty("pid_namespace").GetInt64()
            )
            : null;
        var group =
            process is not null
            && entry.TryGetProperty("operation", out var text)
            && OperationId.TryParse(text.GetString(), out var operation)
                ? new GroupRef(process.Pid, process, operation)
                : null;
        return new Remembered(entry.GetProperty("name").GetString()!, process, group);
    }

    /// <summary>What can't be written down is not done.</summary>
    /// <param name="what">What was to be done.</param>
    /// <param name="e">Why it could not be written.</param>
    internal static OperationFailed NotWritten(string what, Exception e) =>
        new(
            "manager_state_not_written",
            $"{what} could not be written down ({FileFailure.Describe(e)}), and nothing is started unwritten.",
            "Make room where the registry is ('osl doctor' says where), and take away what is in the way of the manager's state.json."
        );

    private OperationFailed Unreadable(string why) =>
        new(
            "manager_state_unreadable",
            $"What the manager before has left can't be read ({why}).",
            $"See with 'osl ps' whether anything of it runs, end that, and remove {DisplayText.Escape(_file)}."
        );
}
