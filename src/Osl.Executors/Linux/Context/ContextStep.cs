namespace Osl.Executors.Linux;

/// <summary>What a call of the launch thread is for, so that its failure can be told in words.</summary>
internal enum ContextStep
{
    Share,
    Umask,
    Nice,
    Affinity,
    IoPriority,
    NoNewPrivileges,
    Gate,
    Bounding,
    Groups,
    Group,
    KeepCapabilities,
    User,
    Capabilities,
    Ambient,
    Reach,
    Same,
    Namespaces,
    Limits,
    Network,
    SandboxFiles,
    SandboxCalls,
}
