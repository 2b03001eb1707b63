using System.Reflection;
using System.Reflection.Emit;

namespace Osl.Tests.Unit.Architecture;

/// <summary>What types some code uses, as it was compiled: by its signatures, its variables and whatever it calls. Constants are not seen: they are copied.</summary>
internal static class TypeUses
{
    private const BindingFlags Own =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private const int TwoBytes = 0xFE;

    private static readonly Dictionary<int, OpCode> Codes = typeof(OpCodes)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!)
        .ToDictionary(code => (int)(ushort)code.Value);

    /// <summary>The outermost types that a type uses, itself among them, with no generic arguments left out.</summary>
    internal static IEnumerable<Type> Of(Type type) =>
        Around(type).Concat(type.GetMembers(Own).SelectMany(Around)).SelectMany(Parts).Select(Outermost).Distinct();

    private static IEnumerable<Type?> Around(MemberInfo member) =>
        member switch
        {
            Type type => [type, type.BaseType, .. type.GetInterfaces()],
            MethodBase method => [.. Signature(method), .. Body(method)],
            FieldInfo field => [field.DeclaringType, field.FieldType],
            _ => [],
        };

    private static IEnumerable<Type?> Signature(MethodBase method) =>
        [(method as MethodInfo)?.ReturnType, .. method.GetParameters().Select(parameter => parameter.ParameterType)];

    private static IEnumerable<Type?> Body(MethodBase method)
    {
        if (method.GetMethodBody() is not { } body || body.GetILAsByteArray() is not { } code)
        {
            return [];
        }

        return
        [
            .. body.LocalVariables.Select(variable => variable.LocalType),
            .. body
                .ExceptionHandlingClauses.Where(clause => clause.Flags == ExceptionHandlingClauseOptions.Clause)
                .Select(clause => clause.CatchType),
            .. Tokens(code).Select(token => Resolve(method, token)).SelectMany(Used),
        ];
    }

    private static IEnumerable<Type?> Used(MemberInfo member) =>
        member switch
        {
            Type type => [type],
            // Not its parameters: what is left out of a call is no use of it, and what is passed comes from somewhere.
            MethodInfo method => [method.DeclaringType, method.ReturnType, .. method.IsGenericMethod ? method.GetGenericArguments() : []],
            ConstructorInfo constructor => [constructor.DeclaringType],
            FieldInfo field => [field.DeclaringType, field.FieldType],
            _ => [],
        };

    private static MemberInfo Resolve(MethodBase method, int token) =>
        method.Module.ResolveMember(
            token,
            method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null,
            method is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericArguments() : null
        )!;

    /// <summary>The members and types in a method's code (ECMA-335, III.1.9).</summary>
    private static IEnumerable<int> Tokens(byte[] code)
    {
        for (var at = 0; at < code.Length; )
        {
            var value = (int)code[at++];
            var instruction = Codes[value == TwoBytes ? (value << 8) | code[at++] : value];
            if (
                instruction.OperandType
                is OperandType.InlineMethod
                    or OperandType.InlineField
                    or OperandType.InlineType
                    or OperandType.InlineTok
            )
            {
                yield return BitConverter.ToInt32(code, at);
            }

            at += instruction.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    private static IEnumerable<Type> Parts(Type? type) =>
        type is null ? []
        : type.HasElementType ? Parts(type.GetElementType())
        : type.IsGenericType ? type.GetGenericArguments().SelectMany(Parts).Append(type)
        : [type];

    private static Type Outermost(Type type) => type is { DeclaringType: { } outer, IsGenericParameter: false } ? Outermost(outer) : type;
}
