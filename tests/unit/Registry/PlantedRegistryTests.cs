using System.Runtime.Versioning;
using Osl.Executors.Registry;
using Osl.Interop.Linux;
using Osl.Operations;
using Xunit;

namespace Osl.Tests.Unit.Registry;

/// <summary>A registry in which somebody else has put what he likes: nothing hangs, nothing throws, nothing false is believed.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PlantedRegistryTests : IDisposable
{
    private const int Seed = 20261121;

    private readonly string _directory;

    public PlantedRegistryTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only.");
        _directory = Directory.CreateTempSubdirectory("osl-planted-").FullName;
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Thousands_of_mutated_files_are_read_without_a_throw_and_name_no_stranger()
    {
        var random = new Random(Seed);
        var genuine = Slots(Self());
        var path = Path.Combine(_directory, "1-1.slots");
        for (var round = 0; round < 3000; round++)
        {
            Write(path, Mutate(genuine, random));

            foreach (var found in OtherHosts.Living(_directory, own: null))
            {
                // Whatever was changed: what is believed to live is the very process, not another one.
                Assert.Equal(Environment.ProcessId, found.Content.Pid);
                Assert.True(RegistrySystem.Current.IsAlive(found.Content.Pid, found.Content.StartTime));
            }
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(0, 0)]
    [InlineData(-1, -1)]
    [InlineData(2, 2)]
    public void Entries_for_what_is_not_ours_to_name_are_passed_over(int pid, int pgid)
    {
        // Written as we would, sums and all; the start time is wrong, as it is for whoever could not look, or the number protected.
        Write(Path.Combine(_directory, "1-1.slots"), Slots((pid, pgid, 12345)));
        Assert.Empty(OtherHosts.Living(_directory, own: null));
    }

    [Fact]
    public void Process_one_is_not_believed_even_with_its_true_start_time()
    {
        Assert.True(ProcFs.TryReadStat(1, out var stat));
        Write(Path.Combine(_directory, "1-1.slots"), Slots((1, 1, stat.StartTime)));
        Assert.Empty(OtherHosts.Living(_directory, own: null));
    }

    [Fact]
    public void Links_fifos_directories_and_open_modes_are_passed_over_and_never_waited_for()
    {
        var elsewhere = Path.Combine(_directory, "elsewhere");
        Write(elsewhere, Slots(Self()));
        File.CreateSymbolicLink(Path.Combine(_directory, "link.slots"), elsewhere);
        Native.Mkfifo(Path.Combine(_directory, "fifo.slots"), 0x180);
        Directory.CreateDirectory(Path.Combine(_directory, "directory.slots"));
        File.CreateSymbolicLink(Path.Combine(_directory, "dangling.slots"), "/no/such/file");
        File.CreateSymbolicLink(Path.Combine(_directory, "device.slots"), "/dev/zero");
        var open = Path.Combine(_directory, "open.slots");
        Write(open, Slots(Self()));
        Native.Chmod(open, 0x1b6); // 0666

        Assert.Empty(OtherHosts.Living(_directory, own: null));
        Assert.True(File.Exists(elsewhere));
        Assert.True(File.Exists(open));
    }

    [Fact]
    [Trait("Needs", "root")]
    public void Another_users_file_is_passed_over_and_left_alone()
    {
        Assert.SkipUnless(Libc.GetEuid() == 0, "Needs root to give files away.");
        var path = Path.Combine(_directory, "1-1.slots");
        Write(path, Slots(Self()));
        Assert.Single(OtherHosts.Living(_directory, own: null));
        Native.Chown(path, 65534);

        Assert.Empty(OtherHosts.Living(_directory, own: null));
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void A_huge_file_is_not_read_beyond_what_a_host_can_have()
    {
        var path = Path.Combine(_directory, "1-1.slots");
        Write(path, Slots(Self()));
        using (var file = new FileStream(path, FileMode.Open))
        {
            // Sparse: 1 TiB by name only.
            file.SetLength(1L << 40);
        }

        Assert.Single(OtherHosts.Living(_directory, own: null));
    }

    private static (int Pid, int Pgid, long Start) Self()
    {
        Assert.True(ProcFs.TryReadStat(Environment.ProcessId, out var stat));
        return (stat.Pid, stat.Pid, stat.StartTime);
    }

    private static byte[] Slots((int Pid, int Pgid, long Start) process)
    {
        var file = new byte[3 * SlotLine.Length];
        new SlotHeader(ProcFs.BootId, ProcFs.PidNamespace, 4711, 1).Write(file.AsSpan(0, SlotLine.Length));
        var line = file.AsSpan(SlotLine.Length, SlotLine.Length);
        SlotLine.WriteFree(line);
        SlotLine.WriteReservation(line, OperationId.New(DateTimeOffset.UnixEpoch).ToString(), detached: true, 1, "alice", "/bin/sleep");
        SlotLine.WriteProcess(line, process.Pid, process.Pgid, process.Start, owns: true);
        SlotLine.Publish(line, SlotLine.LiveDetached);
        SlotLine.WriteFree(file.AsSpan(2 * SlotLine.Length));
        return file;
    }

    private static byte[] Mutate(byte[] genuine, Random random)
    {
        var mutated = (byte[])genuine.Clone();
        for (var change = random.Next(1, 8); change > 0; change--)
        {
            var at = random.Next(mutated.Length);
            switch (random.Next(5))
            {
                case 0:
                    mutated[at] = (byte)random.Next(256);
                    break;
                case 1:
                    mutated[at] = (byte)"0123456789 FPLDM%-+\n\0"[random.Next(21)];
                    break;
                case 2:
                    var length = Math.Min(random.Next(64), mutated.Length - at);
                    genuine.AsSpan(random.Next(genuine.Length - length), length).CopyTo(mutated.AsSpan(at));
                    break;
                case 3:
                    random.NextBytes(mutated.AsSpan(at, Math.Min(32, mutated.Length - at)));
                    break;
                default:
                    mutated = mutated[..Math.Max(1, at)];
                    break;
            }
        }

        return mutated;
    }

    private static void Write(string path, byte[] content)
    {
        File.Delete(path);
        using var file = new FileStream(
            path,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }
        );
        file.Write(content);
    }
}
