namespace Osl.Supervision;

/// <summary>What is done after an end.</summary>
internal enum RestartVerdict
{
    /// <summary>It stays ended, and that is well.</summary>
    Done,

    /// <summary>It stays ended, and that is a failure.</summary>
    Failed,

    /// <summary>It is started again.</summary>
    Restart,
}

/// <summary>What is done after an end, and when.</summary>
/// <param name="Verdict">What.</param>
/// <param name="Delay">For a restart: after which wait.</param>
/// <param name="Reason">For a failure: what was exceeded; null when it is not to be restarted at all.</param>
internal readonly record struct RestartDecision(RestartVerdict Verdict, TimeSpan Delay = default, string? Reason = null);
