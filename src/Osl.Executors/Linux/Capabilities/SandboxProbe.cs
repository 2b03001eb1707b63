using System.Globalization;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>Whether a sandbox can be had, and what of it the kernel is too old for (knowledge/sandbox.md).</summary>
internal static class SandboxProbe
{
    internal static Capability Read()
    {
        if (LinuxSandbox.Refusal() is { } refusal)
        {
            return new Capability("sandbox", Available: false, refusal.What, refusal.WhatWouldHelp);
        }

        var abi = Libc.LandlockVersion();
        var network = HostPrivileges.Read().Has(HostPrivileges.SysAdmin) ? "by a filter and a network namespace" : "by a filter";
        var within =
            abi >= LandlockRuleset.ScopesAbi
                ? "signals and abstract sockets stay within"
                : "signals and abstract sockets do not stay within, before Linux 6.12";
        return new Capability(
            "sandbox",
            Available: true,
            string.Create(
                CultureInfo.InvariantCulture,
                $"paths by Landlock ABI {abi}, network {network}, system calls by a filter; {within}"
            )
        );
    }
}
