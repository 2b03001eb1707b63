using Osl.Hosting;

namespace Osl.Extensions.Hosting;

/// <summary>
/// What a host's configuration can say of Osl, in its section <see cref="Section"/>. Checked when the host starts: a mistake is an
/// <see cref="Microsoft.Extensions.Options.OptionsValidationException"/> then, before anything runs.
/// </summary>
public sealed class OslSettings
{
    /// <summary>The section of the configuration: Osl.</summary>
    public const string Section = "Osl";

    /// <summary>Policy files, absolute; see <see cref="OslHostOptions.UsePolicyFile"/>. None unless said otherwise.</summary>
    public IList<string> PolicyFiles { get; } = [];

    /// <summary>Where the audit journal is kept, absolute; null for <see cref="OslDirectories.Audit"/>.</summary>
    public string? AuditDirectory { get; set; }

    /// <summary>Where the registry of live groups is kept, absolute; null for <see cref="OslDirectories.Registry"/>.</summary>
    public string? RegistryDirectory { get; set; }

    /// <summary>Whether every intent is synced to disk before anything happens; see <see cref="OslHostOptions.AlwaysSyncIntents"/>.</summary>
    public bool AlwaysSyncIntents { get; set; }

    /// <summary>
    /// How much of the host's own shutdown time is kept for SIGKILL and for closing the journal: whoever still lives when no more than
    /// this is left gets no more time. 2 s unless said otherwise; above zero, and less than HostOptions.ShutdownTimeout.
    /// </summary>
    public TimeSpan ShutdownReserve { get; set; } = TimeSpan.FromSeconds(2);
}
