using Microsoft.Win32.SafeHandles;
using Osl.Executors.Streams;
using Osl.Interop.Linux;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>
/// The way of one output stream: the child's end, ours, and where it goes from there. Everything that can fail is opened before there is
/// a child. What is not handed over is closed by Dispose.
/// </summary>
internal sealed class OutputRoute : IDisposable
{
    private readonly StandardOutputConfig _config;
    private readonly OutputPumps _pumps;
    private readonly List<OutputSink> _sinks = [];
    private SafeFileHandle? _file;
    private CaptureBuffer? _capture;
    private int _childEnd = -1;
    private int _ourEnd = -1;

    private OutputRoute(StandardOutputConfig config, OutputPumps pumps)
    {
        _config = config;
        _pumps = pumps;
    }

    /// <summary>What becomes the child's stream; -1 for none.</summary>
    internal int ChildEnd => _file is not null ? (int)_file.DangerousGetHandle() : _childEnd;

    /// <summary>What the caller reads where a pipe is one of several targets.</summary>
    private PipeStream? Reader { get; set; }

    /// <summary>Whether the host has a part in it.</summary>
    internal static bool IsNeeded(StandardOutputConfig output) =>
        output.Kind
            is StandardOutputKind.Pipe
                or StandardOutputKind.Capture
                or StandardOutputKind.File
                or StandardOutputKind.Tee
                or StandardOutputKind.Terminal;

    /// <summary>Opens everything. The route has to be disposed also when that fails.</summary>
    /// <param name="plan">The launch.</param>
    /// <param name="config">One of its streams.</param>
    /// <param name="hostFd">Its number: 1 or 2.</param>
    /// <param name="terminal">The terminal, for a stream that is one.</param>
    /// <param name="pumps">Shared with other launches.</param>
    /// <param name="route">The route.</param>
    internal static OperationError? Open(
        LaunchPlan plan,
        StandardOutputConfig config,
        int hostFd,
        PseudoTerminal? terminal,
        OutputPumps pumps,
        out OutputRoute route
    )
    {
        route = new OutputRoute(config, pumps);
        if (config is { Kind: StandardOutputKind.File, RotateSize: 0 })
        {
            return Held(plan, config).TryPickT0(out var held, out var missing) ? held.Open(out route._file!) : missing;
        }

        var error = config.Kind == StandardOutputKind.Terminal ? terminal!.Duplicate(out route._ourEnd) : route.OpenPipe();
        if (error != 0)
        {
            return SpawnErrors.Resource(error, plan.Executable.Facts.Path);
        }

        var targets = config.Kind == StandardOutputKind.File ? [config] : config.Targets;
        foreach (var target in targets)
        {
            if (route.Add(plan, target, hostFd) is { } failed)
            {
                return failed;
            }
        }

        return null;
    }

    /// <summary>The child has its end now.</summary>
    internal void CloseChildEnd()
    {
        _file?.Dispose();
        Close(ref _childEnd);
    }

    /// <summary>Who takes what comes, for a result; null where the caller reads it, or nobody of ours.</summary>
    internal ILinuxCapture? Collect(CaptureSet set)
    {
        if (_ourEnd < 0)
        {
            return null;
        }

        if (_config.Kind == StandardOutputKind.Capture)
        {
            return new OutputCapture(_pumps.Loop, Take(ref _ourEnd), CaptureSet.LimitOf(_config), set);
        }

        if (_sinks.Count == 0)
        {
            return null;
        }

        OutputSink[] sinks = [.. _sinks];
        _sinks.Clear();
        return new OutputPump(new PipeStream(_pumps.Loop, Take(ref _ourEnd), reads: true), sinks, _capture, set, _pumps);
    }

    /// <summary>What the caller reads; null for nothing.</summary>
    internal PipeStream? TakeReader()
    {
        if (_ourEnd >= 0)
        {
            return new PipeStream(_pumps.Loop, Take(ref _ourEnd), reads: true);
        }

        var reader = Reader;
        Reader = null;
        return reader;
    }

    public void Dispose()
    {
        CloseChildEnd();
        Close(ref _ourEnd);
        Reader?.Dispose();
        foreach (var sink in _sinks)
        {
            sink.Dispose();
        }
    }

    private int OpenPipe()
    {
        var error = Descriptor.Pipe(out var reader, out var writer);
        if (error == 0)
        {
            (_ourEnd, _childEnd) = (reader, writer);
            error = Descriptor.SetNonBlocking(reader);
        }

        return error;
    }

    private OperationError? Add(LaunchPlan plan, StandardOutputConfig target, int hostFd)
    {
        switch (target.Kind)
        {
            case StandardOutputKind.Capture:
                _capture = new CaptureBuffer(CaptureSet.LimitOf(target));
                _sinks.Add(new CaptureSink(_capture));
                return null;
            case StandardOutputKind.Inherit:
                // A host without it has something else under the number, or nothing: a child would be given the null device.
                _sinks.Add(Descriptor.IsInheritable(hostFd) ? new HostSink(hostFd) : new NullSink());
                return null;
            case StandardOutputKind.Pipe:
                return AddPipe() is var error and not 0 ? SpawnErrors.Resource(error, plan.Executable.Facts.Path) : null;
            case StandardOutputKind.File:
                return AddFile(plan, target);
            case StandardOutputKind.Null or StandardOutputKind.SameAsOutput or StandardOutputKind.Terminal or StandardOutputKind.Tee:
            default:
                return new Unsupported($"{target.Kind} as one of several targets", "Name a file, a pipe, a capture or the host's own.");
        }
    }

    private int AddPipe()
    {
        var error = Descriptor.Pipe(out var reader, out var writer);
        if (error != 0)
        {
            return error;
        }

        Reader = new PipeStream(_pumps.Loop, reader, reads: true);
        _sinks.Add(new PipeSink(new PipeStream(_pumps.Loop, writer, reads: false)));
        error = Descriptor.SetNonBlocking(reader);
        return error != 0 ? error : Descriptor.SetNonBlocking(writer);
    }

    private OperationError? AddFile(LaunchPlan plan, StandardOutputConfig target)
    {
        if (!Held(plan, target).TryPickT0(out var held, out var missing))
        {
            return missing;
        }

        if (target.RotateSize == 0)
        {
            if (RotatedFile.Open(held, out var plain) is { } refused)
            {
                return refused;
            }

            _sinks.Add(new FileSink(plain, file => file.Dispose()));
            return null;
        }

        if (_pumps.Files.Acquire(held, out var shared) is { } failed)
        {
            return failed;
        }

        _sinks.Add(new FileSink(shared, _pumps.Files.Release));
        return null;
    }

    private static OneOf<HeldFile, OperationError> Held(LaunchPlan plan, StandardOutputConfig config) =>
        (plan.Streams as OutputFiles)?.Of(config) is { } held
            ? held
            : new ValidationFailed(["A file for output has to be held before the launch (HoldStreams)."]);

    private static int Take(ref int fd)
    {
        var taken = fd;
        fd = -1;
        return taken;
    }

    private static void Close(ref int fd)
    {
        if (fd >= 0)
        {
            _ = Libc.Close(fd);
            fd = -1;
        }
    }
}
