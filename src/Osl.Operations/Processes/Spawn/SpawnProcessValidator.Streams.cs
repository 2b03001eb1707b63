namespace Osl.Operations.Processes;

internal sealed partial class SpawnProcessValidator
{
    /// <summary>The bits that a file's mode may have: 0644.</summary>
    private const int FileModeBits = 0x1A4;

    /// <summary>The bit that it has to have: 0200.</summary>
    private const int OwnerWrites = 0x80;

    private static void CheckStreams(SpawnProcessOperation spawn, ref ShapeFailures failures)
    {
        CheckInput(spawn, ref failures);
        CheckOutput(nameof(spawn.StandardOutput), spawn.StandardOutput, ref failures);
        CheckOutput(nameof(spawn.StandardError), spawn.StandardError, ref failures);
        if (spawn.StandardOutput.Kind == StandardOutputKind.SameAsOutput)
        {
            failures.Add(nameof(spawn.StandardOutput), "can't be SameAsOutput, which is for standard error");
        }

        if (spawn.StandardError.Kind == StandardOutputKind.Terminal)
        {
            failures.Add(nameof(spawn.StandardError), "can't be a terminal of its own: with SameAsOutput it is the one of standard output");
        }

        CheckTerminal(spawn, ref failures);
        CheckSameFile(spawn, ref failures);
    }

    private static void CheckInput(SpawnProcessOperation spawn, ref ShapeFailures failures)
    {
        failures.RequireDefined(nameof(spawn.StandardInput), spawn.StandardInput);
        if ((spawn.InputText is null) == (spawn.StandardInput == StandardInputKind.Text))
        {
            failures.Add(nameof(spawn.InputText), spawn.InputText is null ? "is missing" : "is for input from a text only");
        }
        else if (spawn.InputText?.Length > SpawnProcessOperation.LongestInputText)
        {
            failures.Add(nameof(spawn.InputText), $"is longer than {SpawnProcessOperation.LongestInputText} characters; use a pipe");
        }
        else if (spawn.InputText is { } text && ShapeFailures.CharacterFlaw(text.Replace("\0", "", StringComparison.Ordinal)) is { } flaw)
        {
            // NUL is a byte like others where it is read.
            failures.Add(nameof(spawn.InputText), flaw);
        }

        if ((spawn.InputFrom is null or { IsEmpty: true }) == (spawn.StandardInput == StandardInputKind.Process))
        {
            failures.Add(
                nameof(spawn.InputFrom),
                spawn.StandardInput == StandardInputKind.Process ? "is missing" : "is for input from another process only"
            );
        }
    }

    private static void CheckTerminal(SpawnProcessOperation spawn, ref ShapeFailures failures)
    {
        var isOutput = spawn.StandardOutput.Kind == StandardOutputKind.Terminal;
        if (isOutput != (spawn.StandardInput == StandardInputKind.Terminal))
        {
            failures.Add(
                isOutput ? nameof(spawn.StandardInput) : nameof(spawn.StandardOutput),
                "has to be the terminal too: a program takes it for its own by its input, and shows by its output"
            );
        }

        if (isOutput && spawn.ProcessGroup.Placement == ProcessGroupPlacement.JoinGroup)
        {
            failures.Add(
                nameof(spawn.StandardOutput),
                "can't be a terminal with JoinGroup: a terminal belongs to a session of its own, and a group lies within one session"
            );
        }
    }

    private static void CheckOutput(string member, StandardOutputConfig output, ref ShapeFailures failures)
    {
        CheckPlainOutput(member, output, ref failures);
        var (least, most) = output.Kind switch
        {
            StandardOutputKind.Tee => (2, StandardOutputConfig.MostTargets),
            StandardOutputKind.Terminal => (0, StandardOutputConfig.MostTargets),
            _ => (0, 0),
        };
        if (output.Targets.Count < least || output.Targets.Count > most)
        {
            failures.Add(
                $"{member}.{nameof(output.Targets)}",
                most == 0 ? "is for a tee or a terminal only" : $"has to hold {least} to {most} targets"
            );
            return;
        }

        for (var index = 0; index < output.Targets.Count; index++)
        {
            CheckTarget($"{member}.{nameof(output.Targets)}", index, output.Targets, ref failures);
        }
    }

    private static void CheckTarget(string list, int index, ValueList<StandardOutputConfig> targets, ref ShapeFailures failures)
    {
        if (targets[index] is not { } target)
        {
            failures.Add(list, index, "is missing");
            return;
        }

        if (target.Targets.Count > 0)
        {
            failures.Add(list, index, "can't have targets itself");
            return;
        }

        CheckPlainOutput($"{list}[{index}]", target, ref failures);
        if (
            target.Kind
            is not (StandardOutputKind.Inherit or StandardOutputKind.Pipe or StandardOutputKind.Capture or StandardOutputKind.File)
        )
        {
            failures.Add(list, index, "has to be a file, a pipe, a capture or the host's own");
        }
        else if (target.Kind != StandardOutputKind.File && targets.Take(index).Any(other => other?.Kind == target.Kind))
        {
            failures.Add(list, index, $"is {target.Kind} once more");
        }
    }

    private static void CheckPlainOutput(string member, StandardOutputConfig output, ref ShapeFailures failures)
    {
        if (!Enum.IsDefined(output.Kind))
        {
            failures.Add($"{member}.{nameof(output.Kind)}", $"is no {nameof(StandardOutputKind)}");
        }

        if (output.CaptureLimit is < 0 or > StandardOutputConfig.LargestCaptureLimit)
        {
            failures.Add($"{member}.{nameof(output.CaptureLimit)}", "has to be from 0 to 1 GiB");
        }

        if (output.CaptureLimit != 0 && output.Kind != StandardOutputKind.Capture)
        {
            failures.Add($"{member}.{nameof(output.CaptureLimit)}", "is for a capture only");
        }

        if (output.TerminalSize is not null && output.Kind != StandardOutputKind.Terminal)
        {
            failures.Add($"{member}.{nameof(output.TerminalSize)}", "is for a terminal only");
        }

        failures.RequireRange($"{member}.{nameof(output.TerminalSize)}", output.TerminalSize?.Columns, 1, TerminalSize.Largest);
        failures.RequireRange($"{member}.{nameof(output.TerminalSize)}", output.TerminalSize?.Rows, 1, TerminalSize.Largest);
        CheckFile(member, output, ref failures);
    }

    private static void CheckFile(string member, StandardOutputConfig output, ref ShapeFailures failures)
    {
        if (output.Kind != StandardOutputKind.File)
        {
            if (output.File is not null)
            {
                failures.Add($"{member}.{nameof(output.File)}", "is for the kind File only");
            }

            if (output.FileMode is not null || output.RotateSize != 0 || output.RotateCount != 0)
            {
                failures.Add(member, "has a file's mode or rotation, and is no file");
            }

            return;
        }

        if (ShapeFailures.TextFlaw(output.File, StandardOutputConfig.LongestFile) is { } flaw)
        {
            failures.Add($"{member}.{nameof(output.File)}", flaw);
        }
        else if (output.File!.EndsWith('/') || Path.GetFileName(output.File) is "" or "." or "..")
        {
            failures.Add($"{member}.{nameof(output.File)}", "names a directory, not a file");
        }

        if (output.FileMode is { } mode && ((mode & ~FileModeBits) != 0 || (mode & OwnerWrites) == 0))
        {
            failures.Add(
                $"{member}.{nameof(output.FileMode)}",
                "has to be a part of 0644 (octal) with 0200 in it: nobody but the owner may write to such a file"
            );
        }

        if (output.RotateSize != 0)
        {
            failures.RequireRange(
                $"{member}.{nameof(output.RotateSize)}",
                output.RotateSize,
                StandardOutputConfig.SmallestRotateSize,
                StandardOutputConfig.LargestRotateSize
            );
            failures.RequireRange($"{member}.{nameof(output.RotateCount)}", output.RotateCount, 0, StandardOutputConfig.LargestRotateCount);
        }
        else if (output.RotateCount != 0)
        {
            failures.Add($"{member}.{nameof(output.RotateCount)}", "needs a size at which the file is rotated");
        }
    }

    /// <summary>One file can be named more than once, but not be kept in two ways.</summary>
    private static void CheckSameFile(SpawnProcessOperation spawn, ref ShapeFailures failures)
    {
        var files = spawn.OutputFiles();
        for (var index = 1; index < files.Count; index++)
        {
            for (var before = 0; before < index; before++)
            {
                if (string.Equals(files[before].File, files[index].File, StringComparison.Ordinal) && files[before] != files[index])
                {
                    failures.Add(nameof(spawn.StandardError), "and standard output name one file with different modes or rotations");
                    return;
                }
            }
        }
    }

    private static void CheckDetached(string member, StandardOutputConfig output, ref ShapeFailures failures)
    {
        if (output.Kind is StandardOutputKind.Pipe or StandardOutputKind.Capture or StandardOutputKind.Terminal or StandardOutputKind.Tee)
        {
            failures.Add(member, "can't be a pipe, a capture, a terminal or a tee of what is Detached; a file can be");
        }
        else if (output.RotateSize != 0)
        {
            failures.Add(member, "can't be rotated for what is Detached: its host, which does it, may be gone by then");
        }
    }
}
