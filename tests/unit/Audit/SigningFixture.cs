using Osl.Interop.Windows;
using Osl.Operations;
using Osl.Security.Audit;
using Xunit;

namespace Osl.Tests.Unit.Audit;

/// <summary>A journal with a key beside it, and a sink that collects.</summary>
public abstract class SigningFixture : JournalFixture
{
    protected SigningFixture() =>
        Assert.SkipWhen(Wine.IsHere, "real Windows only: Wine's CNG can't export a key (NTE_NOT_SUPPORTED), so none can be kept.");

    protected string KeyDir => Path.Combine(Root, "keys");

    internal CollectingSink Sink { get; } = new();

    internal AuditSigningOptions Signing =>
        new(KeyDir)
        {
            Sink = Sink,
            Every = TimeSpan.FromHours(1),
            EveryRecords = 7,
        };

    internal AuditJournalOptions Signed => Tiny with { Signing = Signing };

    internal AuditPublicKey InitKey() => AuditKeys.Init(KeyDir).OrThrow();

    internal AuditVerification Prove(AuditPublicKey? key = null, AuditCheckpoint? checkpoint = null) =>
        AuditVerifier.Verify(Dir, new() { Key = key, Checkpoint = checkpoint });

    /// <summary>Keeps in memory what it is given.</summary>
    internal sealed class CollectingSink : ICheckpointSink
    {
        private readonly List<AuditCheckpoint> _kept = [];

        public Func<CancellationToken, Task>? Before { get; set; }

        public AuditCheckpoint[] Kept
        {
            get
            {
                lock (_kept)
                {
                    return [.. _kept];
                }
            }
        }

        public async Task KeepAsync(AuditCheckpoint checkpoint, CancellationToken cancellationToken)
        {
            if (Before is { } before)
            {
                await before(cancellationToken);
            }

            lock (_kept)
            {
                _kept.Add(checkpoint);
            }
        }
    }
}
