using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Osl.Hosting.Templates;
using Osl.Operations;
using Osl.Operations.Processes;
using Osl.Supervision;

namespace Osl.Hosting.Managing;

/// <summary>
/// The manager of one directory of templates: one at a time, that knows what the one before has left, and does what its owner asks for at its
/// socket (adr/0046-osl-manage.md).
/// </summary>
internal sealed class TemplateManager : IAsyncDisposable
{
    private readonly ManagerPlace _place;
    private readonly ManagerMemory _memory;
    private readonly RememberingExecutor _executor;
    private readonly OperationContext _context;
    private readonly Subscription<ProcessNotice> _ends;
    private readonly Task _forgetting;
    private ControlServer? _server;

    private TemplateManager(OslHost host, ManagerPlace place, ManagerMemory memory, OperationContext context, TimeProvider time)
    {
        (_place, _memory, _context) = (place, memory, context);
        _executor = new RememberingExecutor(host, memory);
        Manager = new ProcessManager(_executor, host.Processes, new ProcessManagerOptions { Context = context, TimeProvider = time });
        _ends = Manager.Subscribe();
        _forgetting = ForgetAsync();
    }

    internal ProcessManager Manager { get; }

    /// <summary>
    /// Reads the templates, all or none; takes the place; sorts what was left; and defines everything. Starts nothing that does not run.
    /// </summary>
    /// <param name="host">What does the operations.</param>
    /// <param name="directory">The templates.</param>
    /// <param name="context">On whose behalf.</param>
    /// <param name="time">The clock.</param>
    /// <param name="writer">Where what a process writes goes, by its name, if its template says nothing.</param>
    internal static async Task<OneOf<TemplateManager, OperationError>> OpenAsync(
        OslHost host,
        string directory,
        OperationContext context,
        TimeProvider time,
        Func<string, Stream> writer
    )
    {
        if (!new TemplateDirectory(directory).LoadAll().TryPickT0(out var templates, out var refused))
        {
            return refused;
        }

        if (ManagerPlace.Of(directory) is not { } place)
        {
            return new Unsupported("a manager without a place for its registry", "Set XDG_RUNTIME_DIR or HOME.");
        }

        if (place.Take() is { } taken)
        {
            return taken;
        }

        var memory = new ManagerMemory(place.Memory);
        var byName = templates.ToDictionary(template => template.Name, StringComparer.Ordinal);
        if (
            !memory.Read().TryPickT0(out var left, out var unread)
            || !(await SortAsync(host, context, time, left, byName).ConfigureAwait(false)).TryPickT0(out var running, out unread)
        )
        {
            place.Dispose();
            return unread!;
        }

        try
        {
            memory.Begin(running);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            place.Dispose();
            return ManagerMemory.NotWritten("What runs already", e);
        }

        var manager = new TemplateManager(host, place, memory, context, time);
        if (await manager.DefineAsync(templates, running, writer).ConfigureAwait(false) is { } error)
        {
            await manager.DisposeAsync().ConfigureAwait(false);
            return error;
        }

        return manager;
    }

    /// <summary>Starts what its template wants started, one after the other, beside what runs.</summary>
    /// <param name="cancellationToken">Starts no more.</param>
    /// <returns>By name what could not be started.</returns>
    internal async Task<IReadOnlyDictionary<string, OperationError>> StartAsync(CancellationToken cancellationToken)
    {
        var failures = new Dictionary<string, OperationError>(StringComparer.Ordinal);
        foreach (var process in Manager.All.Where(process => process.Template?.RunOnStartup == true))
        {
            if (cancellationToken.IsCancellationRequested)
            {
                break;
            }

            var start = process.StartAsync(_context, cancellationToken).AsTask();
            // Who is told to end does not wait for the start; it is taken back, or ended, with all others.
            await ((Task)start).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!start.IsCanceled && (await start.ConfigureAwait(false)).TryPickT1(out var error, out _))
            {
                failures[process.Name] = error;
            }
        }

        return failures;
    }

    /// <summary>Kills, all at once, what ends with it, whatever step of its stop sequence that is in.</summary>
    internal Task HurryAsync() =>
        Task.WhenAll(Manager.All.Where(process => process.EndsWithManager).Select(process => process.KillAsync(_context).AsTask()));

    /// <summary>Of those that end with it, by name, who may be alive all the same; to be asked once it is disposed.</summary>
    internal IReadOnlyList<string> Survivors =>
        [.. Manager.All.Where(process => process.EndsWithManager && process.MayBeAlive).Select(process => process.Name)];

    /// <summary>From now on it can be asked.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The socket can't be made.</exception>
    internal void Listen() => _server = ControlServer.Listen(_place.Socket, AnswerAsync);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _server, null) is { } server)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }

        await Manager.DisposeAsync().ConfigureAwait(false);
        await _forgetting.ConfigureAwait(false);
        _ends.Dispose();
        _place.Dispose();
    }

    private static Task<OneOf<IReadOnlyList<Remembered>, OperationError>> SortAsync(
        OslHost host,
        OperationContext context,
        TimeProvider time,
        ManagerMemory.Left left,
        Dictionary<string, ProcessTemplate> templates
    ) =>
        new ManagerRecovery(host, context with { Reason = "left by a manager that was killed" }, time).SortAsync(
            left,
            name => templates.TryGetValue(name, out var template) && template.Spawn.Lifetime == ProcessLifetime.Detached
        );

    private async Task<OperationError?> DefineAsync(
        IReadOnlyList<ProcessTemplate> templates,
        IReadOnlyList<Remembered> running,
        Func<string, Stream> writer
    )
    {
        foreach (var template in templates)
        {
            var writes = writer(template.Name);
            var made = running.FirstOrDefault(entry => string.Equals(entry.Name, template.Name, StringComparison.Ordinal)) is { } entry
                ? await Manager.TakeUpAsync(template, entry.Process!, entry.Group).ConfigureAwait(false)
                : Manager.NewProcess(template, writes, writes);
            if (!made.TryPickT0(out var process, out var error))
            {
                return error;
            }

            _executor.Name(process.Template!.Spawn, process.Name);
        }

        return null;
    }

    /// <summary>What has ended need not be looked for by the next manager; that it may be is no harm.</summary>
    private async Task ForgetAsync()
    {
        await foreach (var notice in _ends.ConfigureAwait(false))
        {
            if (notice.Event is { State: LifecycleState.Ended or LifecycleState.Failed, Exit: not null, Process: { } process } end)
            {
                try
                {
                    if (end.Error is null)
                    {
                        _memory.Forget(end.Name, process);
                    }
                    else
                    {
                        _memory.SetApart(end.Name, process);
                    }
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    continue;
                }
            }
        }
    }

    private async Task<byte[]> AnswerAsync(ControlRequest request, CancellationToken cancellationToken)
    {
        if (request.Name is null)
        {
            return Line(json => Write(json, Manager.All));
        }

        if (Manager.ByName(request.Name) is not { } process)
        {
            return Line(json => Write(json, new NotFound($"a template '{request.Name}'", "'osl status' shows which there are.")));
        }

        var context = _context with { Reason = $"osl {request.Verb.ToString().ToLowerInvariant()} {request.Name}" };
        var error = request.Verb switch
        {
            ControlVerb.Start => ErrorOf(await process.StartAsync(context, cancellationToken).ConfigureAwait(false)),
            ControlVerb.Stop => await process
                .StopAndWaitAsync(context: context, cancellationToken: cancellationToken)
                .ConfigureAwait(false),
            ControlVerb.Restart => ErrorOf(await process.RestartAsync(context, cancellationToken).ConfigureAwait(false)),
            _ => null,
        };
        return Line(json =>
        {
            if (error is null)
            {
                Write(json, [process]);
            }
            else
            {
                Write(json, error);
            }
        });
    }

    /// <summary>What is told to one caller too many.</summary>
    internal static byte[] Busy(int most) =>
        Line(json =>
            Write(
                json,
                new OperationFailed(
                    "manager_busy",
                    string.Create(CultureInfo.InvariantCulture, $"{most} others wait for this manager to do something already."),
                    "Wait for them, or end them; 'osl status' is answered all the same."
                )
            )
        );

    private static OperationError? ErrorOf(OneOf<ProcessRef, OperationError> outcome) =>
        outcome.TryPickT1(out var error, out _) ? error : null;

    private static byte[] Line(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return [.. buffer.WrittenSpan, (byte)'\n'];
    }

    private static void Write(Utf8JsonWriter json, OperationError error)
    {
        json.WriteString("code"u8, error.Code);
        json.WriteString("message"u8, error.Message);
        json.WriteString("remedy"u8, error.Remedy);
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<ManagedProcess> processes)
    {
        json.WriteStartArray("processes"u8);
        foreach (var process in processes)
        {
            json.WriteStartObject();
            ProcessLine.Of(process).WriteTo(json);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
