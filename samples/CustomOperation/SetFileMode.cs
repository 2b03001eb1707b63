using System.Runtime.Versioning;
using Osl.Operations;
using Osl.Operations.Policies;

[assembly: UnsupportedOSPlatform("windows")]

namespace Osl.Samples.CustomOperation;

/// <summary>The one registration.</summary>
public static class SetFileMode
{
    /// <summary>What policies judge.</summary>
    public static PolicyAction Action { get; } = new("file.set-mode");

    /// <summary>Kind and handler.</summary>
    public static OperationDefinition Definition { get; } =
        new OperationDefinition<SetFileModeOperation, SetFileModeResult>(
            new OperationKind<SetFileModeOperation>
            {
                Name = "set_file_mode",
                Actions = [Action],
                Json = SetFileModeJson.Default.SetFileModeOperation,
                Validator = new SetFileModeValidator(),
            },
            new SetFileModeHandler()
        );
}
