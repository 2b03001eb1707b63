namespace Osl.Executors.Linux;

/// <summary>A child whose stops can be waited for, as a shell does for its jobs.</summary>
internal interface IStoppable
{
    int Pid { get; }

    /// <summary>Whether it has not been seen to end.</summary>
    bool IsRunning { get; }

    /// <summary>Waits, on the calling thread, until it stops or ends. Its end is left to whoever reaps it.</summary>
    /// <returns>The signal that stopped it; 0 when it has ended.</returns>
    int WaitForStop();

    /// <summary>Sends a signal to the group that it leads.</summary>
    /// <returns>Whether somebody was there to get it.</returns>
    bool SendToGroup(int signal);

    /// <summary>Nobody waits for its stops any more.</summary>
    void LetGo();
}
