namespace Osl.Tests.Integration.Registry;

internal sealed class PrivateDirectory : IDisposable
{
    internal string Path { get; } = Directory.CreateTempSubdirectory("osl-registry-").FullName;

    internal string[] SlotFiles => Directory.GetFiles(Path, "*.slots");

    internal string Combine(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
