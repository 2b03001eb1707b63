using System.Runtime.Versioning;
using Osl.Executors.Linux;
using Xunit;

namespace Osl.Tests.Integration.Linux;

/// <summary>Osl's own places are known by every path that leads there.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class OwnPlacesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("osl-own-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Links_are_followed_as_far_as_there_is_something()
    {
        Directory.CreateDirectory($"{_directory}/real");
        File.CreateSymbolicLink($"{_directory}/link", $"{_directory}/real");
        var found = new OwnPlaces([$"{_directory}/link/state/audit", $"{_directory}/link"], mountTable: "").Find();
        // The link too: who replaces it chooses where Osl looks.
        Assert.Equal([$"{_directory}/real/state/audit", $"{_directory}/real", $"{_directory}/link"], found);
    }

    [Fact]
    public void Links_by_links_are_all_found_and_a_circle_ends()
    {
        Directory.CreateDirectory($"{_directory}/a");
        File.CreateSymbolicLink($"{_directory}/a/one", "../two");
        File.CreateSymbolicLink($"{_directory}/two", $"{_directory}/a");
        File.CreateSymbolicLink($"{_directory}/round", $"{_directory}/round");
        var found = new OwnPlaces([$"{_directory}/a/one/policy", $"{_directory}/round"], mountTable: "").Find();
        Assert.Equal(
            string.Join(' ', $"{_directory}/a/one", $"{_directory}/a/policy", $"{_directory}/round", $"{_directory}/two"),
            string.Join(' ', found.Order(StringComparer.Ordinal))
        );
    }

    [Theory]
    [InlineData("/data/osl/audit /mnt/osl/audit", "/data/osl/audit", "1 0 8:1 / /data rw - ext4 x y\n2 0 8:1 / /mnt rw - ext4 x y")]
    [InlineData("/data/osl/audit /mnt/audit", "/data/osl/audit", "1 0 8:1 / /data rw - ext4 x y\n2 0 8:1 /osl /mnt rw - ext4 x y")]
    [InlineData("/data/osl /mnt", "/data/osl", "1 0 8:1 / /data rw - ext4 x y\n2 0 8:1 /osl/audit /mnt rw - ext4 x y")]
    [InlineData("/data/osl /with space", "/data/osl", "1 0 8:1 / /data rw - ext4 x y\n2 0 8:1 /osl /with\\040space rw - ext4 x y")]
    [InlineData("/data/osl", "/data/osl", "1 0 8:1 / /data rw - ext4 x y\n2 0 8:2 /osl /mnt rw - ext4 x y")]
    [InlineData("/data/osl", "/data/osl", "1 0 8:1 / /data rw - ext4 x y\n2 0 8:1 /oslo /mnt rw - ext4 x y")]
    [InlineData(
        "/data/osl",
        "/data/osl",
        "1 0 8:1 / /data rw - ext4 x y\n2 1 8:3 / /data/osl rw - ext4 x y\n3 0 8:1 /osl /mnt rw - ext4 x y"
    )]
    public void Bind_mounts_are_other_names(string expected, string place, string mounts)
    {
        var found = new OwnPlaces([place], mounts).Find();
        Assert.Equal(expected, string.Join(' ', found.OrderBy(path => path, StringComparer.Ordinal)), StringComparer.Ordinal);
    }

    [Theory]
    [InlineData(true, "/a/b", "/a")]
    [InlineData(true, "/a", "/a")]
    [InlineData(true, "/a", "/")]
    [InlineData(false, "/ab", "/a")]
    [InlineData(false, "/", "/a")]
    public void Paths_are_compared_by_whole_segments(bool within, string path, string directory) =>
        Assert.Equal(within, OwnPlaces.IsWithin(path, directory));
}
