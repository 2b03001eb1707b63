namespace Osl.Executors.Linux;

/// <summary>
/// What this machine can do, line by line, for <c>osl doctor</c>. Read anew each time: it may change. One file a topic beside this
/// one; each finds out by trying what can be tried without a trace, and reads settings only to say why not.
/// </summary>
/// <remarks>It starts a few short children (unshare(1), a guardian that has nobody to end), and waits for each.</remarks>
internal static class LinuxCapabilities
{
    internal static PlatformCapabilities Read() =>
        new(
            "linux",
            [
                .. ProcessProbes.Read(),
                GuardianProbe.Read(),
                .. CgroupProbes.Read(),
                .. NamespaceProbes.Read(),
                LandlockProbe.Read(),
                .. SeccompProbes.Read(),
                GateProbe.Read(),
                SandboxProbe.Read(),
                .. CredentialProbes.Read(),
                ContainerProbe.Read(),
            ]
        );
}
