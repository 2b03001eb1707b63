using System.Buffers;
using System.Text;

namespace Osl.Operations.Processes;

/// <summary>Masks what must not be shown: see knowledge/secrets.md.</summary>
/// <remarks>Masking twice changes nothing, and what holds no secret comes back as the same instance.</remarks>
public static class Redaction
{
    /// <summary>What a shell would act on, were it not quoted: an argument of <c>;</c> must not read like the end of a command.</summary>
    private static readonly SearchValues<char> NeedsQuotes = SearchValues.Create(" '\"\\$`;&|<>()*?[]{}#~!^");

    /// <summary>
    /// The program and its arguments on one line, masked and fit to be shown: arguments that hold spaces or quotes are quoted as a
    /// shell would want them, control characters are escaped (<see cref="DisplayText"/>). For reading, not for running.
    /// </summary>
    /// <param name="spawn">The operation.</param>
    public static string CommandLine(SpawnProcessOperation spawn)
    {
        ArgumentNullException.ThrowIfNull(spawn);
        var line = new StringBuilder();
        AppendQuoted(line, spawn.Program ?? "");
        var masked = MaskArguments(spawn.Arguments);
        foreach (var argument in masked)
        {
            AppendQuoted(line.Append(' '), argument.Value);
        }

        return line.ToString();
    }

    /// <summary>The same operation with secrets masked: what the journal keeps.</summary>
    /// <param name="spawn">The operation.</param>
    public static SpawnProcessOperation Redact(SpawnProcessOperation spawn)
    {
        ArgumentNullException.ThrowIfNull(spawn);
        var arguments = MaskArguments(spawn.Arguments);
        var variables = MaskValues(spawn.Environment.Set);
        // A forgotten program name puts an option in its place: osl run -- --token=….
        var program = spawn.Program is null ? spawn.Program! : SecretText.Mask(spawn.Program);
        var input = spawn.InputText is null or Argument.Mask ? spawn.InputText : Argument.Mask;
        if (
            IsSame(arguments, spawn.Arguments)
            && IsSame(variables, spawn.Environment.Set)
            && ReferenceEquals(program, spawn.Program)
            && ReferenceEquals(input, spawn.InputText)
        )
        {
            return spawn;
        }

        return spawn with
        {
            Program = program,
            Arguments = arguments,
            InputText = input,
            Environment = IsSame(variables, spawn.Environment.Set) ? spawn.Environment : spawn.Environment with { Set = variables },
        };
    }

    /// <summary>The same operation with secrets masked: what the journal keeps.</summary>
    /// <param name="run">The operation.</param>
    public static RunProcessOperation Redact(RunProcessOperation run)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (run.Spawn is null)
        {
            return run;
        }

        var spawn = Redact(run.Spawn);
        return ReferenceEquals(spawn, run.Spawn) ? run : run with { Spawn = spawn };
    }

    /// <summary>
    /// One text with what looks like a secret masked: values of keys and options named like one, user information in URLs,
    /// authorization headers. What follows an option as an argument of its own is found by <see cref="MaskArguments"/> only.
    /// </summary>
    /// <param name="text">Any text.</param>
    public static string MaskText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return SecretText.Mask(text);
    }

    /// <summary>Arguments with secrets masked; plain texts all.</summary>
    /// <param name="arguments">The arguments, in their order: what follows <c>--password</c> is its value.</param>
    public static ValueList<Argument> MaskArguments(ValueList<Argument> arguments)
    {
        Argument[]? masked = null;
        var isValue = false;
        for (var index = 0; index < arguments.Count; index++)
        {
            var argument = arguments[index];
            var text = argument.IsSecret || isValue ? Argument.Mask : SecretText.Mask(argument.Value);

            // A secret one is replaced even when its text is the mask already: what comes out is plain.
            if (masked is null && (argument.IsSecret || !ReferenceEquals(text, argument.Value)) && !IsMask(argument))
            {
                masked = [.. arguments];
            }

            if (masked is not null)
            {
                masked[index] = text;
            }

            isValue = !argument.IsSecret && SecretText.IsOptionAwaitingSecret(argument.Value);
        }

        return masked is null ? arguments : ValueList.Create<Argument>(masked);
    }

    private static bool IsMask(Argument argument) =>
        !argument.IsSecret && string.Equals(argument.Value, Argument.Mask, StringComparison.Ordinal);

    private static ValueList<EnvironmentVariable> MaskValues(ValueList<EnvironmentVariable> variables)
    {
        EnvironmentVariable[]? masked = null;
        for (var index = 0; index < variables.Count; index++)
        {
            // Null only in an operation that validation refuses; that refusal is journaled too.
            if (variables[index] is { } variable && !string.Equals(variable.Value, Argument.Mask, StringComparison.Ordinal))
            {
                masked ??= [.. variables];
                masked[index] = variable with { Value = Argument.Mask };
            }
        }

        return masked is null ? variables : ValueList.Create<EnvironmentVariable>(masked);
    }

    private static bool IsSame<T>(ValueList<T> left, ValueList<T> right) => left.AsSpan() == right.AsSpan();

    private static void AppendQuoted(StringBuilder line, string text)
    {
        var shown = DisplayText.Escape(text);
        if (shown.Length > 0 && !shown.AsSpan().ContainsAny(NeedsQuotes))
        {
            line.Append(shown);
            return;
        }

        line.Append('\'').Append(shown.Replace("'", @"'\''", StringComparison.Ordinal)).Append('\'');
    }
}
