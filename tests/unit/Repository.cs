namespace Osl.Tests.Unit;

/// <summary>Where the sources are: upwards from the built tests.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string PathOf(params ReadOnlySpan<string> parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Osl.sln")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException("Osl.sln is not above the built tests.");
    }
}
