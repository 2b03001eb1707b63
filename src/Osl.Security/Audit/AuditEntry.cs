using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using Osl.Operations;
using Osl.Operations.Auditing;

namespace Osl.Security.Audit;

/// <summary>One record as it stands in the journal, or a place where none can be read.</summary>
public sealed class AuditEntry
{
    private static readonly OperationJsonContext Tolerant = new(
        new JsonSerializerOptions(OperationJsonContext.Default.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip }
    );

    private AuditRecord? _record;
    private JournalFinding? _problem;
    private bool _parsed;

    internal AuditEntry(long index, long segment, long offset, long time, ReadOnlyMemory<byte> raw)
    {
        Index = index;
        Segment = segment;
        Offset = offset;
        FrameTime = JournalFormat.Time(time);
        Raw = raw;
    }

    internal AuditEntry(JournalFinding finding, DateTimeOffset time)
    {
        Index = finding.Record ?? -1;
        Segment = finding.Segment;
        Offset = finding.Offset;
        FrameTime = time;
        _problem = finding;
        _parsed = true;
    }

    /// <summary>Its place in the journal; for a problem the record that is due there, or -1.</summary>
    public long Index { get; }

    /// <summary>The segment it is in.</summary>
    public long Segment { get; }

    /// <summary>Where its bytes begin in the segment's file.</summary>
    public long Offset { get; }

    /// <summary>When it was written, by the writer's clock. A record is made before it is written.</summary>
    public DateTimeOffset FrameTime { get; }

    /// <summary>Its bytes: UTF-8 JSON. Empty for a problem.</summary>
    public ReadOnlyMemory<byte> Raw { get; }

    /// <summary>
    /// What it says; null when that can't be told, and then <see cref="Problem"/> says why. Members that are not known (of a newer
    /// Osl) are passed over here and stand in <see cref="Raw"/>. Read when first asked for.
    /// </summary>
    public AuditRecord? Record
    {
        get
        {
            Parse();
            return _record;
        }
    }

    /// <summary>What is wrong here; null when nothing is.</summary>
    public JournalFinding? Problem
    {
        get
        {
            Parse();
            return _problem;
        }
    }

    /// <summary>
    /// Throws where a text can't be decoded: half of a surrogate pair, bytes that are no UTF-8. Members that are not known are not decoded
    /// when a record is read, but by whoever shows the whole of it. No writer writes either: it is ASCII, and pairs.
    /// </summary>
    private static void RequireTexts(ReadOnlyMemory<byte> raw)
    {
        if (!Utf8.IsValid(raw.Span))
        {
            throw new FormatException("The record is not UTF-8.");
        }

        if (raw.Span.IndexOf("\\ud"u8) < 0 && raw.Span.IndexOf("\\uD"u8) < 0)
        {
            return;
        }

        using var document = JsonDocument.Parse(raw);
        using var nowhere = new Utf8JsonWriter(Stream.Null);
        document.RootElement.WriteTo(nowhere);
    }

    private void Parse()
    {
        if (_parsed)
        {
            return;
        }

        try
        {
            _record = JsonSerializer.Deserialize(Raw.Span, Tolerant.AuditRecord);
            RequireTexts(Raw);
        }
        catch (Exception failure)
            when (failure is JsonException or NotSupportedException or InvalidOperationException or FormatException or ArgumentException)
        {
            // Whatever a forged record makes a converter do: it is reported, and the review goes on.
            _record = null;
        }

        if (_record is null)
        {
            _problem = new(
                JournalFindingKind.RecordNotUnderstood,
                Index,
                Segment,
                Offset,
                "the record is no audit record that this version knows"
            );
        }

        _parsed = true;
    }
}
