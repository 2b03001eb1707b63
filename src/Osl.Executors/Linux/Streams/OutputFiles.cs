using Osl.Executors.Streams;
using Osl.Operations;
using Osl.Operations.Processes;

namespace Osl.Executors.Linux;

/// <summary>The files that a spawn names for its output, held.</summary>
internal sealed class OutputFiles : StreamLease
{
    private readonly List<HeldFile> _files;

    private OutputFiles(List<HeldFile> files)
        : base(files.Select(file => file.Path).Distinct(StringComparer.Ordinal).ToValueList()) => _files = files;

    internal static OneOf<StreamLease, OperationError> Hold(SpawnProcessOperation operation, string workingDirectory)
    {
        var named = operation.OutputFiles();
        if (named.Count == 0)
        {
            return None;
        }

        var files = new List<HeldFile>();
        foreach (var config in named)
        {
            if (!HeldFile.Hold(config, workingDirectory).TryPickT0(out var file, out var error))
            {
                files.ForEach(held => held.Dispose());
                return error;
            }

            files.Add(file);
        }

        return new OutputFiles(files);
    }

    /// <summary>What was held for one mention of a file.</summary>
    internal HeldFile? Of(StandardOutputConfig config) => _files.Find(file => ReferenceEquals(file.Config, config));

    protected override void Dispose(bool disposing)
    {
        _files.ForEach(file => file.Dispose());
        base.Dispose(disposing);
    }
}
