using System.Text.Json;
using Osl.Cli.Output;
using Osl.Operations;
using Osl.Security.Policies;

namespace Osl.Cli.Policies;

/// <summary>Tells why a policy, or a file of its cases, does not load: a line for each reason.</summary>
internal static class PolicyProblems
{
    internal static void Write(CliIo io, bool json, PolicyRefusal refusal)
    {
        foreach (var problem in refusal.Problems)
        {
            if (json)
            {
                Json.WriteObject(
                    io.Out,
                    writer =>
                    {
                        writer.WriteString("file"u8, problem.File);
                        writer.WriteStartObject("problem"u8);
                        Write(writer, problem);
                        writer.WriteEndObject();
                    }
                );
            }
            else
            {
                // It is what was asked for, so it goes where results go.
                io.Print(DisplayText.Escape(problem.ToString()));
            }
        }
    }

    private static void Write(Utf8JsonWriter writer, PolicyProblem problem)
    {
        writer.WriteNumber("line"u8, problem.Line);
        writer.WriteNumber("column"u8, problem.Column);
        writer.WriteString("where"u8, problem.Where);
        writer.WriteString("message"u8, problem.Message);
        writer.WriteString("expected"u8, problem.Expected);
        if (problem.NearestKey is { } nearest)
        {
            writer.WriteString("nearest_key"u8, nearest);
        }
    }
}
