using Microsoft.Win32.SafeHandles;
using Osl.Operations;
using Osl.Operations.Facts;

namespace Osl.Samples.CustomOperation;

/// <summary>Opens the file, so that the one that is judged is the one that is changed, whatever the path means by then.</summary>
internal sealed class SetFileModeHandler : IOperationHandler<SetFileModeOperation, SetFileModeResult>
{
    public ValueTask<OneOf<Prepared<SetFileModeResult>, OperationError>> PrepareAsync(
        SetFileModeOperation operation,
        OperationPreparation preparation,
        CancellationToken cancellationToken
    ) => ValueTask.FromResult(Prepare(operation));

    private static OneOf<Prepared<SetFileModeResult>, OperationError> Prepare(SetFileModeOperation operation)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(operation.Path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new NotFound($"the file {operation.Path}", "Check the path.") { Thing = MissingThing.Path };
        }
        catch (UnauthorizedAccessException)
        {
            return new PermissionRefused($"reading {operation.Path}", "Run as an account that may read it.");
        }

        var canonical = File.ResolveLinkTarget(operation.Path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(operation.Path);
        return new PreparedSetFileMode(new OperationFacts { Paths = [canonical] }, file, (UnixFileMode)operation.Mode);
    }
}

internal sealed class PreparedSetFileMode(OperationFacts facts, SafeFileHandle file, UnixFileMode mode) : Prepared<SetFileModeResult>(facts)
{
    public override ValueTask<OneOf<SetFileModeResult, OperationError>> ExecuteAsync(
        OperationScope scope,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        var before = File.GetUnixFileMode(file);
        try
        {
            File.SetUnixFileMode(file, mode);
        }
        catch (UnauthorizedAccessException)
        {
            return ValueTask.FromResult<OneOf<SetFileModeResult, OperationError>>(
                new OperationFailed("chmod_refused", "The file belongs to somebody else.", "Run as its owner.")
            );
        }

        return ValueTask.FromResult<OneOf<SetFileModeResult, OperationError>>(
            new SetFileModeResult((int)before, (int)File.GetUnixFileMode(file))
        );
    }

    protected override void Dispose(bool disposing)
    {
        file.Dispose();
        base.Dispose(disposing);
    }
}
