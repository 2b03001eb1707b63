using Osl.Operations;

namespace Osl.Executors.Windows;

/// <summary>The texts of one launch, as CreateProcessW wants them.</summary>
internal sealed record LaunchText(string Application, string CommandLine, string Environment)
{
    internal static OneOf<LaunchText, OperationError> Of(LaunchPlan plan)
    {
        var facts = plan.Executable.Facts;
        if (plan.Arguments.Count == 0 || plan.Arguments.Concat(plan.Environment).Any(text => text.Contains('\0', StringComparison.Ordinal)))
        {
            return new ValidationFailed(["A program's own name is needed, and nothing may hold a NUL: it would be cut off there."]);
        }

        var application = facts.CanonicalPath;
        string? line;
        if (facts.Interpreter is { } interpreter)
        {
            application = interpreter;
            if (BatchFile.CommandLineOf(facts.CanonicalPath, plan.Arguments).TryPickT1(out var unsafeBatch, out line))
            {
                return unsafeBatch;
            }
        }
        else if (Windows.CommandLine.CanBeName(plan.Arguments[0]))
        {
            line = Windows.CommandLine.Of(plan.Arguments);
        }
        else
        {
            return new ValidationFailed(["A program's own name can't hold a quote on Windows: its command line has no way to write it."]);
        }

        if (line.Length > Windows.CommandLine.Longest)
        {
            return LaunchErrors.TooLong(facts.Path);
        }

        return EnvironmentBlock.Of(plan.Environment).TryPickT1(out var badEnvironment, out var block)
            ? badEnvironment
            : new LaunchText(application, line, block);
    }
}
