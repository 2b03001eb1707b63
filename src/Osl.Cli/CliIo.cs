using System.Text;
using Osl.Cli.Output;
using Osl.Operations;

namespace Osl.Cli;

/// <summary>What osl writes to, and what it finds around it.</summary>
internal sealed class CliIo : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly TextWriter _error;

    internal CliIo(TextWriter output, TextWriter error, Func<string, string?> variable, TimeProvider time)
    {
        Out = output;
        _error = error;
        Variable = variable;
        Time = time;
    }

    /// <summary>Standard output: results. Buffered; flushed when the command is done.</summary>
    internal TextWriter Out { get; }

    /// <summary>An environment variable of osl; null when it is not set or empty.</summary>
    internal Func<string, string?> Variable { get; }

    internal TimeProvider Time { get; }

    /// <summary>False when standard output was closed as osl started, so that no result can be told.</summary>
    internal bool HasOutput { get; private init; } = true;

    internal static CliIo Standard()
    {
        var output = Open(1);
        return new(
            new StreamWriter(output, Utf8, bufferSize: 4096),
            new StreamWriter(Open(2), Utf8, bufferSize: 1024) { AutoFlush = true },
            static name => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null,
            TimeProvider.System
        )
        {
            HasOutput = output is not DescriptorStream { IsOpen: false } && output != Stream.Null,
        };
    }

    /// <summary>One line of a result. What is untrusted in it has been escaped.</summary>
    internal void Print(string line) => Out.Write(line + "\n");

    /// <summary>Says on standard error what was refused or failed, and what to do: one line each.</summary>
    internal void Refuse(string message, string? remedy = null)
    {
        Tell(message);
        if (!string.IsNullOrEmpty(remedy))
        {
            WriteError($"     {DisplayText.Escape(remedy)}\n");
        }
    }

    /// <summary>Says something on standard error, in one line.</summary>
    internal void Tell(string message) => WriteError($"osl: {DisplayText.Escape(message)}\n");

    /// <summary>Lines for standard error that are ours as they stand: a stack trace, a log.</summary>
    internal void WriteError(string text)
    {
        try
        {
            _error.Write(text);
        }
        catch (IOException)
        {
            // There is nobody left to tell; the exit code says it.
            return;
        }
    }

    public void Dispose()
    {
        // Out is flushed by the application, which can still say that it failed.
        _error.Dispose();
    }

    private static Stream Open(int descriptor) =>
        !OperatingSystem.IsWindows() ? new DescriptorStream(descriptor)
        : descriptor == 1 ? Console.OpenStandardOutput()
        : Console.OpenStandardError();
}
