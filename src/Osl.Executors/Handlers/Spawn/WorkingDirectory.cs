using Osl.Operations;

namespace Osl.Executors.Handlers;

/// <summary>Makes the working directory of a spawn absolute. Whether it exists is for the platform to say.</summary>
internal static class WorkingDirectory
{
    internal static OneOf<string, OperationError> Resolve(string? requested)
    {
        try
        {
            return requested is null ? Environment.CurrentDirectory : Path.GetFullPath(requested);
        }
        catch (Exception e) when (e is DirectoryNotFoundException or FileNotFoundException)
        {
            return new NotFound("the host's own current directory, which has been removed", "Name a working directory that exists.")
            {
                Thing = MissingThing.Path,
            };
        }
    }
}
