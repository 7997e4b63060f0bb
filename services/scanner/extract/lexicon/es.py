"""Spanish."""

from services.scanner.extract.lexicon.terms import Term, Words

WORDS: Words = {
    Term.INVOICE: "factura, facturas, factura simplificada, facturación, minuta, boleta",
    Term.RECEIPT: "recibo, ticket, tique, comprobante, justificante, justificante de pago, comprobante de pago",
    Term.CREDIT: "nota de crédito, nota de abono, abono, factura rectificativa, factura de abono, nota crédito",
    Term.ORDER: "pedido, orden, reserva, compra, transacción, confirmación, confirmación de pedido",
    Term.DOCUMENT: "documento, doc, folio",
    Term.OTHER_DOCUMENT: (
        "presupuesto, cotización, oferta, albarán, albarán de entrega, extracto, extracto de cuenta, factura "
        "proforma, proforma, recordatorio, recordatorio de pago, nómina, lista de precios, nota de entrega, estado de "
        "cuenta, contrato, catálogo, certificado, orden de compra, remisión"
    ),
    Term.NUMBER: "número, num, núm, n°, nº, no, n.º, nro, nr, n",
    Term.REFERENCE: "referencia, ref, su referencia, nuestra referencia",
    Term.DATE: "fecha, de fecha, fechada, data",
    Term.ISSUED: "emisión, expedición, emitida, expedida, emitida el, fecha de emisión, fecha de expedición, compra",
    Term.DUE: (
        "vencimiento, fecha de vencimiento, vence, vence el, pagar antes del, fecha límite, fecha límite de pago, "
        "fecha de pago, vto, f. vencimiento, pagadero antes del, fecha vto, plazo de pago, pago antes de, pagar antes "
        "de"
    ),
    Term.OTHER_DATE: (
        "entrega, envío, servicio, operación, período, periodo, nacimiento, impresión, inicio, fin, salida, llegada, "
        "prestación, devengo, validez, estancia, contrato, próximo"
    ),
    Term.TOTAL: "total, suma, totales",
    Term.GRAND: "total factura, importe total, total general, total del pedido, total pedido, total de la factura",
    Term.SUBTOTAL: "subtotal, sub-total, sub total, total artículos, suma y sigue",
    Term.NET: (
        "base imponible, base, neto, sin iva, importe neto, total neto, base imp, sin impuestos, antes de impuestos, "
        "neto gravado, valor neto, bruto antes de impuestos, op. gravada"
    ),
    Term.GROSS: "bruto, iva incluido, iva inc, con iva, impuestos incluidos, incluido iva, i.v.a. incluido, imp. incl",
    Term.TAX: (
        "iva incluido, iva inc, con iva, impuestos incluidos, incluido iva, iva, i.v.a, i.v.a., igic, impuesto, "
        "impuestos, cuota, cuota iva, ipsi, igv, itbis, cuota de iva, total iva"
    ),
    Term.AMOUNT: "importe, monto, valor, cantidad total, saldo",
    Term.PAYABLE: (
        "a pagar, total a pagar, importe a pagar, pendiente, importe pendiente, líquido, total líquido, por pagar, "
        "saldo pendiente, a ingresar, importe líquido, pendiente de pago, líquido a percibir, monto a pagar"
    ),
    Term.PAID: "pagado, abonado, entregado, total pagado, importe pagado, cobrado, efectivo, anticipo, pago",
    Term.ADJUSTMENT: (
        "descuento, dto, envío, gastos de envío, portes, propina, retención, irpf, recargo, recargo de equivalencia, "
        "redondeo, cambio, fianza, suplidos, cupón, ahorro, transporte, anticipo, gastos, vale, señal, depósito"
    ),
    Term.UNIT: (
        "precio, precio unitario, cantidad, cant, unidades, uds, tipo, descripción, concepto, artículo, unitario, "
        "precio unidad, p. unit, p.unitario, tipo iva, % iva, horas, producto, detalle"
    ),
    Term.SELLER: (
        "vendedor, proveedor, emisor, vendido por, de, expedidor, prestador, datos del emisor, beneficiario, "
        "datos del vendedor, empresa emisora, titular de la cuenta, datos fiscales"
    ),
    Term.BUYER: (
        "cliente, facturar a, comprador, dirección de facturación, dirección de envío, dirección de entrega, datos "
        "del cliente, destinatario, enviar a, para, receptor, señor, señores, sr, sres, facturado a, adquirente, "
        "datos de facturación, facturación a, vendido a"
    ),
    Term.CUSTOMER: "cliente, socio, abonado, su, cuenta",
    Term.TAX_ID: (
        "nif, cif, n.i.f, c.i.f, nif/cif, cif/nif, rfc, rut, cuit, nit, nif-iva, n.i.f., c.i.f., nie, dni, ruc, vat"
    ),
    Term.OTHER_ID: (
        "teléfono, tel, tlf, tfno, móvil, fax, iban, bic, swift, cuenta, banco, registro mercantil, cliente, código "
        "cliente, nº cliente, albarán, nº albarán, página, pág, contrato, referencia catastral, matrícula, "
        "expediente, artículo, proyecto, serie, habitación, mesa, caja, cups, póliza, seguimiento, tarjeta"
    ),
    Term.NAME: "nombre, razón social, empresa, denominación",
    Term.CONTACT: "teléfono, tel, tlf, móvil, fax, correo, e-mail, email, web",
    Term.FILLER: "de, la, el, los, las, del, en, y, para, por, su, a, con, al, es, un, una, total de, nuestro",
}
