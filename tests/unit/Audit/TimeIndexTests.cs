using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Operations.Auditing;
using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Unit.Audit;

/// <summary>
/// Finding a time in a long journal. Bytes read are counted, not seconds. OSL_LARGE_JOURNAL=10000000 makes the journal as large as that
/// (some gigabytes, in the temporary directory).
/// </summary>
public sealed class TimeIndexTests : JournalFixture
{
    private static readonly int Some = OperatingSystem.IsWindows() ? 5_000 : 20_000;

    private static readonly int Records = int.TryParse(
        Environment.GetEnvironmentVariable("OSL_LARGE_JOURNAL"),
        System.Globalization.CultureInfo.InvariantCulture,
        out var count
    )
        ? count
        : 60_000;

    private readonly SetClock _clock = new() { Now = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) };

    [Fact]
    public async Task The_last_hour_is_found_by_reading_that_hour()
    {
        await MakeAsync(Records);
        var counting = new FaultyStorage();
        var reader = new AuditReader(Dir, counting);
        var options = new AuditReadOptions { Since = _clock.Now - TimeSpan.FromHours(1) };
        var expected = Told(
            "all, without an index",
            counting,
            () => reader.Read().Select(entry => entry.Record!).Where(record => record.Time >= options.Since).Select(Name).ToList()
        );
        Assert.InRange(expected.Count, 10, Records / 20);
        Assert.Equal(expected, Told("the hour, and the index is made", counting, () => Wanted(reader, options)));
        Assert.Equal(expected, Told("the hour", counting, () => Wanted(reader, options)));
        var all = Directory.GetFiles(Dir, "*.osl").Sum(file => new FileInfo(file).Length);
        var segments = Directory.GetFiles(Dir, "*.osl").Length;
        var hour = all * expected.Count / Records;
        // The hour; the newest segment, which has no index yet; what is read ahead; a header and an index for each of the others.
        var newest = new FileInfo(Segment(segments - 1)).Length;
        Assert.InRange(counting.BytesRead, 1, hour + newest + (3 * 256 * 1024) + (segments * 4096L * 2) + (all / 1000));
        Assert.True(counting.BytesRead < all / 4, $"{counting.BytesRead} of {all}");
    }

    [Fact]
    public async Task An_hour_in_the_middle_is_found_too()
    {
        await MakeAsync(Some);
        var options = new AuditReadOptions { Since = _clock.Now - TimeSpan.FromHours(9), Until = _clock.Now - TimeSpan.FromHours(8) };
        var reader = new AuditReader(Dir);
        var expected = reader
            .Read()
            .Select(entry => entry.Record!)
            .Where(record => record.Time >= options.Since && record.Time <= options.Until)
            .Select(Name)
            .ToList();
        Assert.NotEmpty(expected);
        Assert.Equal(expected, Wanted(reader, options));
        Assert.Equal(expected, Wanted(reader, options with { NewestFirst = true }).AsEnumerable().Reverse(), StringComparer.Ordinal);
    }

    [Fact]
    public async Task Missing_damaged_or_wrong_it_is_made_anew_and_nothing_is_left_out()
    {
        await MakeAsync(Some);
        var options = new AuditReadOptions { Since = _clock.Now - TimeSpan.FromHours(5) };
        var reader = new AuditReader(Dir);
        var expected = Wanted(reader, options);
        var indexes = Directory.GetFiles(Dir, "*.idx").Order(StringComparer.Ordinal).ToArray();
        Assert.NotEmpty(indexes);
        var whole = indexes.Select(File.ReadAllBytes).ToArray();
        for (var i = 0; i < indexes.Length; i++)
        {
            // That of another segment, cut off, a byte flipped, empty, and a place that is no frame's with a right checksum.
            byte[][] wrongs =
            [
                whole[(i + 1) % indexes.Length],
                whole[i][..^8],
                [.. whole[i][..^1], (byte)(whole[i][^1] ^ 1)],
                [],
                Shifted(whole[i]),
            ];
            foreach (var wrong in wrongs)
            {
                await File.WriteAllBytesAsync(indexes[i], wrong, TestContext.Current.CancellationToken);
                Assert.Equal(expected, Wanted(reader, options));
            }

            File.Delete(indexes[i]);
            Assert.Equal(expected, Wanted(reader, options));
            Assert.Equal(whole[i], await File.ReadAllBytesAsync(indexes[i], TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_clock_that_was_set_back_hides_nothing()
    {
        await using (var journal = Open(Small))
        {
            for (var i = 0; i < 6000; i++)
            {
                _clock.Now += i % 1000 == 999 ? -TimeSpan.FromHours(2) : TimeSpan.FromSeconds(10);
                await journal.AppendAsync(Record($"r{i}") with { Time = _clock.Now }, AuditGuarantee.Written).OrThrow();
            }
        }

        var reader = new AuditReader(Dir);
        foreach (var hours in (int[])[1, 5, 12])
        {
            var since = _clock.Now - TimeSpan.FromHours(hours);
            var expected = reader.Read().Select(entry => entry.Record!).Where(record => record.Time >= since).Select(Name).ToList();
            Assert.Equal(expected, Wanted(reader, new AuditReadOptions { Since = since }));
        }
    }

    [Fact]
    public async Task It_is_not_used_where_something_is_to_be_proven()
    {
        Assert.SkipWhen(Wine.IsHere, "real Windows only: Wine's CNG can't export a key (NTE_NOT_SUPPORTED), so none can be written down.");
        await MakeAsync(5_000);
        var reader = new AuditReader(Dir);
        var options = new AuditReadOptions { Since = _clock.Now - TimeSpan.FromHours(40) };
        var expected = Wanted(reader, options);
        foreach (var index in Directory.GetFiles(Dir, "*.idx"))
        {
            // It says that there is nothing of that hour.
            await File.WriteAllBytesAsync(
                index,
                Hiding(await File.ReadAllBytesAsync(index, TestContext.Current.CancellationToken)),
                TestContext.Current.CancellationToken
            );
        }

        Assert.NotEqual(expected.Count, Wanted(reader, options).Count);
        using var own = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        Assert.Equal(expected, Wanted(reader, options with { Proof = new ViewProof(new() { Key = AuditPublicKey.Of(own) }) }));
    }

    /// <summary>Tells the figures of what it takes (-showLiveOutput): what was read is held, the time is for people.</summary>
    private static List<string> Told(string what, FaultyStorage counting, Func<List<string>> look)
    {
        counting.BytesRead = 0;
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        var found = look();
        var took = System.Diagnostics.Stopwatch.GetElapsedTime(start);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Records} records, {what}: {found.Count} found, {counting.BytesRead} bytes read, {took.TotalMilliseconds:F0} ms"
        );
        return found;
    }

    private AuditJournalOptions Small =>
        new()
        {
            SegmentSize = 512 * 1024,
            ZeroAhead = 64 * 1024,
            TimeProvider = _clock,
        };

    private static string Name(AuditRecord record) => record.Reason!;

    private static List<string> Wanted(AuditReader reader, AuditReadOptions options) =>
        [
            .. reader
                .Read(options)
                .Select(entry => entry.Record ?? throw new InvalidOperationException($"{entry.Problem}"))
                .Where(record =>
                    (options.Since is null || record.Time >= options.Since) && (options.Until is null || record.Time <= options.Until)
                )
                .Select(Name),
        ];

    /// <summary>The second place is not that of a frame.</summary>
    private static byte[] Shifted(byte[] index) => Changed(index, bytes => bytes[48 + 32] += 8);

    private static byte[] Hiding(byte[] index) =>
        Changed(
            index,
            bytes =>
            {
                for (var at = 48; at < bytes.Length; at += 32)
                {
                    bytes.AsSpan(at + 16, 16).Clear();
                }
            }
        );

    private static byte[] Changed(byte[] index, Action<byte[]> change)
    {
        var bytes = index.ToArray();
        change(bytes);
        BitConverter.TryWriteBytes(bytes.AsSpan(44), JournalFormat.Crc32C(bytes.AsSpan(0, 44), bytes.AsSpan(48)));
        return bytes;
    }

    /// <summary>A day's worth of records and more: one every so often, two days in all.</summary>
    private async Task MakeAsync(int count)
    {
        var step = TimeSpan.FromHours(48) / count;
        await using var journal = Open(count > 1_000_000 ? new() { TimeProvider = _clock } : Small);
        for (var i = 0; i < count; i++)
        {
            _clock.Now += step;
            await journal.AppendAsync(Record($"r{i}") with { Time = _clock.Now }, AuditGuarantee.Written).OrThrow();
        }
    }

    private sealed class SetClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; }

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
