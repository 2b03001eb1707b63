using System.Runtime.InteropServices;
using Osl.Interop.Linux;

namespace Osl.Executors.Linux;

/// <summary>
/// A filter on system calls, instruction by instruction (seccomp(2)): it loads a word of the call, compares, and returns what becomes
/// of the call. Each condition is followed by what it returns, so that nobody has to count jumps.
/// </summary>
internal sealed class CallFilter
{
    /// <summary>Where a call's words lie (struct seccomp_data): number, architecture, and from 16 on the arguments, low halves first.</summary>
    internal const uint Number = 0;

    internal const uint Architecture = 4;

    internal const uint HighHalf = 4;

    internal const uint Allow = Libc.SECCOMP_RET_ALLOW;

    private const uint ArchitectureX64 = 0xC000003E;
    private const uint ArchitectureArm64 = 0xC00000B7;
    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfAtLeast = 0x35;
    private const ushort JumpIfAnyBit = 0x45;
    private const ushort AndWith = 0x54;
    private const ushort ReturnNow = 0x06;
    private const int InstructionBytes = 8;

    private readonly List<(ushort Code, byte Holds, byte Fails, uint Value)> _instructions = [];

    /// <summary>AUDIT_ARCH of this machine's own calls.</summary>
    internal static uint OwnArchitecture =>
        RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64 ? ArchitectureArm64 : ArchitectureX64;

    internal static uint ArgumentAt(int index) => 16 + (8 * (uint)index);

    /// <summary>The call fails with an error number.</summary>
    internal static uint Refuse(int error) => Libc.SECCOMP_RET_ERRNO | (uint)error;

    internal void Load(uint word) => Add(LoadWord, 0, 0, word);

    /// <summary>Keeps some bits of what was loaded.</summary>
    internal void Mask(uint bits) => Add(AndWith, 0, 0, bits);

    internal void Return(uint answer) => Add(ReturnNow, 0, 0, answer);

    internal void IfEqual(uint value, uint answer) => Conditional(JumpIfEqual, value, answer);

    internal void IfAtLeast(uint value, uint answer) => Conditional(JumpIfAtLeast, value, answer);

    internal void IfAnyBit(uint bits, uint answer) => Conditional(JumpIfAnyBit, bits, answer);

    internal void UnlessEqual(uint value, uint answer)
    {
        Add(JumpIfEqual, 1, 0, value);
        Return(answer);
    }

    /// <summary>What is added by <paramref name="then"/> is for one value only; it has to return at its end.</summary>
    internal void WhenEqual(uint value, Action<CallFilter> then)
    {
        var at = _instructions.Count;
        Add(JumpIfEqual, 0, 0, value);
        then(this);
        _instructions[at] = (JumpIfEqual, 0, (byte)(_instructions.Count - at - 1), value);
    }

    /// <summary>Lays it out as the kernel takes it: struct sock_fprog.</summary>
    internal unsafe nint WriteTo(RawProgram program)
    {
        var code = program.Memory(_instructions.Count * InstructionBytes);
        for (var i = 0; i < _instructions.Count; i++)
        {
            var instruction = (byte*)code + (i * InstructionBytes);
            *(ushort*)instruction = _instructions[i].Code;
            instruction[2] = _instructions[i].Holds;
            instruction[3] = _instructions[i].Fails;
            *(uint*)(instruction + 4) = _instructions[i].Value;
        }

        var whole = program.Memory(16);
        *(ushort*)whole = (ushort)_instructions.Count;
        *(nint*)(whole + 8) = code;
        return whole;
    }

    private void Conditional(ushort code, uint value, uint answer)
    {
        Add(code, 0, 1, value);
        Return(answer);
    }

    private void Add(ushort code, byte holds, byte fails, uint value) => _instructions.Add((code, holds, fails, value));
}
