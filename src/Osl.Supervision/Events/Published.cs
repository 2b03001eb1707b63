namespace Osl.Supervision;

/// <summary>What a listener gets: an event, and how many it did not get before it.</summary>
/// <param name="Event">The event; null when there is only a loss to tell of.</param>
/// <param name="Missed">How many events were dropped since the one before, because this listener had fallen behind; 0 or more.</param>
/// <typeparam name="T">The kind of event.</typeparam>
public readonly record struct Published<T>(T? Event, long Missed)
    where T : class;
