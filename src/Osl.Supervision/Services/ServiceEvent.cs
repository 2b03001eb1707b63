namespace Osl.Supervision.Services;

/// <summary>A service has come to another state, or something said to it did not arrive.</summary>
/// <param name="Service">Its name.</param>
/// <param name="From">The state before.</param>
/// <param name="To">The state now; the same where it was a message that did not arrive.</param>
/// <param name="At">When, UTC.</param>
/// <param name="Error">What went wrong; null when nothing did.</param>
public sealed record ServiceEvent(string Service, LifecycleState From, LifecycleState To, DateTimeOffset At, Exception? Error = null);
