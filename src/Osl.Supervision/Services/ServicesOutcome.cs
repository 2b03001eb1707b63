namespace Osl.Supervision.Services;

/// <summary>The service that failed first, and how.</summary>
/// <param name="Service">Its name.</param>
/// <param name="Error">What it threw.</param>
public sealed record ServiceFailure(string Service, Exception Error);

/// <summary>How a run of several services has ended.</summary>
/// <param name="Failure">The first failure: why the others were ended; null when none failed.</param>
/// <param name="Abandoned">Those that did not end in time, by name, nested ones as outer/inner.</param>
public sealed record ServicesOutcome(ServiceFailure? Failure, IReadOnlyList<string> Abandoned)
{
    /// <summary>Whether all have ended, and none has failed.</summary>
    public bool IsSuccess => Failure is null && Abandoned.Count == 0;

    /// <summary>One sentence for people.</summary>
    public override string ToString()
    {
        var abandoned = Abandoned.Count == 0 ? "" : $"did not end in time: {string.Join(", ", Abandoned)}";
        return Failure is null
            ? abandoned.Length == 0
                ? "all services have ended"
                : abandoned
            : $"service '{Failure.Service}' failed: {Failure.Error.Message}{(abandoned.Length == 0 ? "" : $"; {abandoned}")}";
    }

    /// <summary>For those who want an exception.</summary>
    /// <exception cref="ServiceFailedException">A service failed, or did not end.</exception>
    public void EnsureSuccess()
    {
        if (!IsSuccess)
        {
            throw new ServiceFailedException(this);
        }
    }
}

/// <summary>Services have failed or did not end: <see cref="Outcome"/> says which.</summary>
/// <param name="outcome">How the run has ended.</param>
public sealed class ServiceFailedException(ServicesOutcome outcome) : Exception(outcome?.ToString(), outcome?.Failure?.Error)
{
    /// <summary>How the run has ended.</summary>
    public ServicesOutcome Outcome { get; } = outcome ?? throw new ArgumentNullException(nameof(outcome));
}
