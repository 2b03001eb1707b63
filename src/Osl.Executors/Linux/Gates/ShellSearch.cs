namespace Osl.Executors.Linux;

/// <summary>
/// The first of some shells that fits, remembered. That none fits is remembered only when each was tried: who lacks descriptors, memory or
/// processes at the moment of the first look is not to be without a gate for the rest of the host's life.
/// </summary>
/// <param name="shells">The shells, in the order of preference.</param>
/// <param name="fits">Tries one; null when it could not be tried.</param>
internal sealed class ShellSearch(IReadOnlyList<string> shells, Func<string, bool?> fits)
{
    private readonly Lock _gate = new();
    private string? _found;
    private volatile bool _isOver;

    /// <summary>The shell; null when none fits, or none that might could be tried now.</summary>
    internal string? Shell
    {
        get
        {
            if (_isOver)
            {
                return _found;
            }

            lock (_gate)
            {
                return _isOver ? _found : Look();
            }
        }
    }

    private string? Look()
    {
        var isEachTried = true;
        foreach (var shell in shells)
        {
            var verdict = fits(shell);
            isEachTried &= verdict is not null;
            if (verdict is true)
            {
                _found = shell;
                _isOver = true;
                return shell;
            }
        }

        _isOver = isEachTried;
        return null;
    }
}
